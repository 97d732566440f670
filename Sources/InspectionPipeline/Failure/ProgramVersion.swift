/// Of both programs.
public let programVersion = "0.1.0"

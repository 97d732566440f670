/// Of both programs.
public let programVersion = "0.2.0"

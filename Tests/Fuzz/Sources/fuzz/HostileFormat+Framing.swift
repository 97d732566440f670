import HostileInput

extension HostileFormat {
    /// How the format's parts are framed by lengths and checksums; nil where plain mutations get through.
    var framing: (any Framing.Type)? {
        switch self {
        case .png: PNGFraming.self
        case .safetensors: SafetensorsFraming.self
        case .pth: ZipFraming.self
        case .jpeg, .config, .result, .ledger: nil
        }
    }
}

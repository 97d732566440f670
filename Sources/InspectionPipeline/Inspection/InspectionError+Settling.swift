import Imaging
import InspectionDomain
import LinuxPlatform

extension InspectionError {
    /// The reason why a frame can never be inspected; nil for a failure that is transient or not the frame's fault.
    init?(settling error: any Error) {
        switch error {
        case let error as InspectionError: self = error
        case let error as ImageError where error.code != .noMemory:
            self.init(code: error.code.rawValue, message: error.message)
        case let error as SystemError where error.isLink:
            self.init(
                code: "unsupported",
                message: "the file became a symbolic link after it was seen; links are not followed")
        case let error as SystemError where error.isPermission:
            self.init(
                code: "permission", message: "the frame cannot be read: \(error); let the user of inspectd read it")
        default: return nil
        }
    }
}

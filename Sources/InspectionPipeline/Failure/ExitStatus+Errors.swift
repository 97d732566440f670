import DetectionCore
import Foundation
import Imaging
import InspectionDomain
import LedgerStore
import LinuxPlatform
import NeuralNets

extension ExitStatus {
    /// The exit code an error ends a program with: the one place where errors and codes meet.
    package init(for error: any Error) {
        switch error {
        case let error as any ProgramFailure: self = error.status
        case let error as WeightError: self = error.code == .unreadable ? .noInput : .badData
        case is FrameSource.Empty, is Dataset.Malformed: self = .noInput
        case is ModelError, is ImageError, is InspectionError, is FrameSource.Unreadable,
            is CalibrationRule.TooFewImages,
            is NearDuplicates.OneGroup, is Dataset.ForeignMasks, is TrainingDataRefused, is DecodingError:
            self = .badData
        case is ThreadError, is SystemThread.LimitReached, is FileLock.Held: self = .unavailable
        case let error as SystemError: self = error.isPermission ? .permission : error.isMissing ? .noInput : .io
        case is LedgerError, is DeliveryStoreError: self = .io
        case let error as CocoaError where error.code == .fileNoSuchFile || error.code == .fileReadNoSuchFile:
            self = .noInput
        case let error as CocoaError where error.code == .fileReadNoPermission || error.code == .fileWriteNoPermission:
            self = .permission
        default: self = .io
        }
    }

    /// The message of an error for an operator.
    package static func message(of error: any Error) -> String {
        guard let error = error as? CocoaError else { return "\(error)" }
        let path = error.filePath.map { "\($0.printable): " } ?? ""
        return path + error.localizedDescription
    }
}

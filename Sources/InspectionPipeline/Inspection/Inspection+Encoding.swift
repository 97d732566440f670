import Foundation
import InspectionDomain

extension Inspection {
    /// The record and its JSON. A record that JSON cannot hold, because a number in it is not finite, becomes the
    /// record of that error: another attempt would give the same.
    package func encoded() throws -> (Inspection, Data) {
        do {
            return (self, try DomainJSON.encoder().encode(self))
        } catch let error as EncodingError {
            let failure = Inspection(
                resultID: resultID, line: line, createdAt: createdAt, image: image, verdict: .error,
                error: InspectionError(
                    code: InspectionError.notFinite, message: "the result holds a number that is not finite: \(error)"))
            return (failure, try DomainJSON.encoder().encode(failure))
        }
    }
}

import CDefaultModel
import Foundation
import NeuralNets

extension Backbone {
    /// The name of the backbone that is compiled in.
    package static let builtInName = "efficientnet_b0"

    /// The backbone that is compiled in: no file, no network needed.
    package static func embedded() throws -> Backbone {
        guard let bytes = cdefaultmodel_bytes() else {
            throw ProgramError(.badData, "this build holds no backbone; name one with --backbone FILE")
        }
        return try load(Data(bytes: bytes, count: cdefaultmodel_count()), name: builtInName).builtIn()
    }

    /// The weights that are compiled in, for models that hold only what differs from them.
    static func builtIn(_ name: String) throws -> WeightFile? { name == builtInName ? try embedded().file : nil }
}

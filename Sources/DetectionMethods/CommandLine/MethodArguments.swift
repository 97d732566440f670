import ArgumentParser
import DetectionCore
import Foundation

/// A method on the command line: its subcommand of `fit` and `evaluate`, with the options that only it takes.
///
/// Each option is declared here once, with its default and its range; `method` turns the values into the method's
/// settings.
package protocol MethodArguments: ParsableArguments {
    associatedtype Model: DetectorModel
    /// The subcommand's one line of help.
    static var abstract: String { get }
    /// Whether the method can use a backbone and offers `--backbone`.
    static var takesBackbone: Bool { get }
    /// Whether it uses one with these options; a `--backbone` that would be ignored is refused.
    var takesBackbone: Bool { get }
    /// The products of a product gate; empty if `--normal` names the folders.
    var products: [Product] { get throws }
    /// The same options without training, for comparison; nil for methods whose training changes no backbone.
    var untrained: Self? { get }
    /// The method with these settings.
    /// - Parameter products: the products that a product gate learns to distinguish.
    func method(products: [Product]) -> any FittableMethod
}

extension MethodArguments {
    package static var takesBackbone: Bool { true }
    package var takesBackbone: Bool { Self.takesBackbone }
    package var products: [Product] { [] }
    package var untrained: Self? { nil }
    package static var name: String { Model.method.rawValue }
    package static var isGate: Bool { Model.self is any ProductGateModel.Type }
}

/// `features.3,features.5`.
package struct NameList: ExpressibleByArgument {
    package let names: [String]

    package init?(argument: String) {
        names = argument.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        guard !names.isEmpty, !names.contains("") else { return nil }
    }
}

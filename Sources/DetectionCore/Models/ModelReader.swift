import NeuralNets

extension ModelContents {
    /// The common contents of models with their own network: the input's size.
    package init(inputWidth: Int, inputHeight: Int) {
        self.init(
            tensors: [:], settings: ["input_width": String(inputWidth), "input_height": String(inputHeight)])
    }

    /// The common contents of models on a backbone: the backbone itself under `backbone.`, and the input's size.
    package init(backbone: Backbone, inputWidth: Int, inputHeight: Int) {
        self.init(inputWidth: inputWidth, inputHeight: inputHeight)
        settings["backbone.architecture"] = backbone.architecture.rawValue
        settings["backbone.dialect"] = backbone.dialect.rawValue
        for (name, tensor) in backbone.file.tensors { tensors["backbone.\(name)"] = tensor }
        for (key, value) in backbone.metadata where !["architecture", "dialect"].contains(key) {
            settings["backbone.\(key)"] = value
        }
    }
}

/// Reads a model file's settings and tensors with errors that name them.
package struct ModelReader {
    package let file: WeightFile
    package let name: String

    package init(file: WeightFile, name: String) { (self.file, self.name) = (file, name) }

    package func damaged(_ what: String) -> ModelError { ModelError("\(name) is damaged at '\(what)'; fit again") }

    package func setting(_ key: String) throws -> String {
        guard let value = file.metadata[key] else { throw damaged(key) }
        return value
    }

    package func integer(_ key: String) throws -> Int {
        guard let value = Int(try setting(key)) else { throw damaged(key) }
        return value
    }

    package func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int {
        let value = try integer(key)
        guard range.contains(value) else { throw damaged(key) }
        return value
    }

    /// - Parameter otherwise: the number for a file without the setting.
    package func number(_ key: String, in range: ClosedRange<Float>, otherwise: Float) throws -> Float {
        guard let text = file.metadata[key] else { return otherwise }
        guard let value = Float(text), range.contains(value) else { throw damaged(key) }
        return value
    }

    /// Width and height of the network's input.
    package func inputSize() throws -> (width: Int, height: Int) {
        let (width, height) = (try integer("input_width"), try integer("input_height"))
        guard (16...4096).contains(width), (16...4096).contains(height) else {
            throw ModelError("\(name): the input size \(width)×\(height) is outside the range 16…4096")
        }
        return (width, height)
    }

    package func list(_ key: String) throws -> [String] { try setting(key).split(separator: ",").map(String.init) }

    package func tensor(_ key: String, rank: Int) throws -> StoredTensor {
        guard let tensor = file.tensors[key], tensor.shape.count == rank, !tensor.shape.contains(0) else {
            throw damaged(key)
        }
        return tensor
    }

    /// The tensors with this name prefix, by the rest of their names.
    package func tensors(under prefix: String) -> [String: StoredTensor] {
        var tensors: [String: StoredTensor] = [:]
        for (key, tensor) in file.tensors where key.hasPrefix(prefix) {
            tensors[String(key.dropFirst(prefix.count))] = tensor
        }
        return tensors
    }

    /// The backbone stored under `backbone.`.
    package func backbone() throws -> Backbone {
        let prefix = "backbone."
        var metadata: [String: String] = [:]
        for (key, value) in file.metadata where key.hasPrefix(prefix) {
            metadata[String(key.dropFirst(prefix.count))] = value
        }
        return try Backbone(
            file: WeightFile(tensors: tensors(under: prefix), metadata: metadata), name: try setting("backbone"))
    }
}

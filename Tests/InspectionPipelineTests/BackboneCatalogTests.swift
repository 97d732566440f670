import Foundation
import InspectionPipeline
import LinuxPlatform
import NeuralNets
import Synchronization
import TestSupport
import Testing

/// Feature extractors in the state folder: imported, listed, loaded by name or path, never half written.
@Suite struct BackboneCatalogTests {
    private let small = BackboneFixture.smallB0

    private func weights(stem value: Float? = nil, metadata: [String: String] = [:]) throws -> WeightFile {
        var tensors = Dictionary(uniqueKeysWithValues: try small.get().map { ($0.name, $0.tensor) })
        if let value {
            tensors["features.0.1.bias"] = StoredTensor(floats: [Float](repeating: value, count: 32), shape: [32])
        }
        return WeightFile(tensors: tensors, metadata: metadata)
    }

    /// The same network under timm's names.
    private func timmWeights() throws -> WeightFile {
        let names = try #require(DialectNames.efficientNets[.efficientnetB0])
        let renamed = try small.get().map { (names.name($0.name, in: .timm), $0.tensor) }
        return WeightFile(tensors: Dictionary(uniqueKeysWithValues: renamed))
    }

    /// A catalog in a state folder that does not exist yet, beside an installation without backbones, and a folder to
    /// import from.
    private func withCatalog(_ body: (BackboneCatalog, URL) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let installed = InstalledBackbones(folders: [folder.appendingPathComponent("share").path])
            let state = folder.appendingPathComponent("state/backbones").path
            try body(BackboneCatalog(folder: state, installed: installed), folder)
        }
    }

    @discardableResult
    private func write(_ data: Data, _ name: String, in folder: URL) throws -> String {
        try data.write(to: folder.appendingPathComponent(name))
        return folder.appendingPathComponent(name).path
    }

    private func files(_ catalog: BackboneCatalog) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: catalog.folder)) ?? []).sorted()
    }

    private func features(_ backbone: Backbone) throws -> [Float] {
        let extractor = try FeatureExtractor(
            backbone: backbone, inputHeight: 64, inputWidth: 64, taps: ["features.5"], threads: 1)
        _ = extractor.input.update(fromContentsOf: FormulaWeights.plainValues("picture", count: 64 * 64 * 3))
        extractor.run()
        return Array(extractor.features[0].values)
    }

    // MARK: Import

    @Test(arguments: ["safetensors", "zip", "stream"])
    func an_imported_file_is_listed_and_computes_the_same_features(container: String) throws {
        try withCatalog { catalog, folder in
            let file = try weights(metadata: container == "safetensors" ? ["mean": "0.5,0.5,0.5"] : [:])
            let state = TorchFixture.stateDict(file.tensors)
            let bytes =
                switch container {
                case "zip": TorchFixture.zip(state.pickle, state.storages)
                case "stream": TorchFixture.stream(state.pickle, state.storages)
                default: try file.encodedAsSafetensors()
                }
            let path = try write(bytes, "line-2.\(container == "safetensors" ? container : "pth")", in: folder)
            #expect(try catalog.names == [Backbone.builtInName])
            let imported = try catalog.importFile(path, as: nil, architecture: nil, dialect: nil)
            // The original may be removed.
            try FileManager.default.removeItem(atPath: path)
            #expect(imported.name == "line-2" && imported.architecture == .efficientnetB0)
            #expect(try catalog.names == [Backbone.builtInName, "line-2"] && files(catalog) == ["line-2.safetensors"])
            let loaded = try catalog.load("line-2")
            #expect(loaded.name == "line-2" && loaded.metadata["dialect"] == "torchvision")
            #expect(loaded.metadata["architecture"] == "efficientnet_b0")
            #expect(
                loaded.normalization.mean == (container == "safetensors" ? [0.5, 0.5, 0.5] : [0.485, 0.456, 0.406]))
            let original = try Backbone(file: file, name: "original")
            #expect(try features(loaded) == features(original))
            #expect(try features(loaded) != features(try Backbone.embedded()))
        }
    }

    @Test func a_dialect_forced_at_import_is_kept() throws {
        try withCatalog { catalog, folder in
            let path = try write(try timmWeights().encodedAsSafetensors(), "weights.safetensors", in: folder)
            let plain = try catalog.importFile(path, as: "plain", architecture: nil, dialect: nil)
            let forced = try catalog.importFile(path, as: "forced", architecture: nil, dialect: .timmTF)
            #expect(plain.dialect == .timm && forced.dialect == .timmTF)
            #expect(try catalog.load("forced").dialect == .timmTF && catalog.load("plain").dialect == .timm)
            #expect(try features(catalog.load("forced")) != features(catalog.load("plain")))
            let error = #expect(throws: WeightError.self) {
                try catalog.importFile(path, as: "other", architecture: .resnet18, dialect: nil)
            }
            #expect(error?.message.contains("conv1.weight: expected [64, 3, 7, 7] for resnet18") == true)
            #expect(try catalog.names == [Backbone.builtInName, "forced", "plain"])
        }
    }

    @Test func names_are_sorted_after_the_built_in_one_and_other_files_are_ignored() throws {
        try withCatalog { catalog, folder in
            let path = try write(try weights().encodedAsSafetensors(), "w.safetensors", in: folder)
            for name in ["plates", "cloth", "Z.9_a-b"] {
                #expect(try catalog.importFile(path, as: name, architecture: nil, dialect: nil).name == name)
            }
            let state = URL(fileURLWithPath: catalog.folder)
            for other in ["notes.txt", ".hidden.safetensors", "my net.safetensors", "x.pth"] {
                try write(Data("x".utf8), other, in: state)
            }
            #expect(try catalog.names == [Backbone.builtInName, "Z.9_a-b", "cloth", "plates"])
        }
    }

    // MARK: Load

    @Test func the_built_in_one_needs_no_file() throws {
        try withCatalog { catalog, _ in
            for reference in [nil, Backbone.builtInName] {
                let backbone = try catalog.load(reference)
                #expect(backbone.name == Backbone.builtInName && backbone.architecture == .efficientnetB0)
                #expect(backbone.defaultTaps == ["features.3", "features.5"])
            }
            #expect(files(catalog) == [])
        }
    }

    // MARK: Installed

    @Test func the_installed_default_comes_first_and_serves_a_fit_that_names_none() throws {
        try withCatalog { catalog, folder in
            let share = folder.appendingPathComponent("share")
            try FileManager.default.createDirectory(at: share, withIntermediateDirectories: true)
            #expect(
                try catalog.missingDefault?.contains("efficientnet_lite0 is not installed in \(share.path)") == true)
            let tensors = try BackboneFixture.tensors(.efficientnetLite0, value: 0.5)
            let names = try #require(DialectNames.efficientNets[.efficientnetLite0])
            let published = WeightFile(
                tensors: Dictionary(uniqueKeysWithValues: tensors.map { (names.name($0.name, in: .port), $0.tensor) }))
            try write(try published.encodedAsSafetensors(), "efficientnet_lite0.safetensors", in: share)
            try write(try weights().encodedAsSafetensors(), "another.safetensors", in: share)
            let own = try write(try weights(stem: 0.25).encodedAsSafetensors(), "mine.safetensors", in: folder)
            _ = try catalog.importFile(own, as: "mine", architecture: nil, dialect: nil)
            #expect(try catalog.names == ["efficientnet_lite0", "efficientnet_b0", "another", "mine"])
            #expect(
                try catalog.entries.map(\.origin.text) == [
                    "installed: \(share.path)/efficientnet_lite0.safetensors", "built in",
                    "installed: \(share.path)/another.safetensors", "imported: \(catalog.path("mine"))",
                ])
            #expect(try catalog.missingDefault == nil)
            let chosen = try catalog.load(nil)
            #expect(chosen.name == "efficientnet_lite0" && chosen.architecture == .efficientnetLite0)
            #expect(try catalog.load("efficientnet_b0").architecture == .efficientnetB0)
            let taken = #expect(throws: ProgramError.self) {
                try catalog.importFile(own, as: "another", architecture: nil, dialect: nil)
            }
            #expect(taken?.message.contains("an installed backbone's name") == true)
        }
    }

    @Test func without_the_default_the_built_in_one_serves_and_says_so() throws {
        try withCatalog { catalog, _ in
            let chosen = try catalog.load(nil), remark = try catalog.missingDefault
            #expect(chosen.name == Backbone.builtInName)
            #expect(remark?.contains("the built-in efficientnet_b0 is used") == true)
            let error = #expect(throws: ProgramError.self) { try catalog.load("efficientnet_lite0") }
            #expect(error?.message.contains("make setup") == true)
        }
    }

    @Test func a_program_looks_beside_itself_then_in_its_build_folder_then_in_the_system() {
        let installed = InstalledBackbones(
            environment: [:], program: URL(fileURLWithPath: "/opt/inspectd/bin/inspectctl"))
        #expect(installed.folders.first == "/opt/inspectd/share/inspectd/backbones")
        #expect(installed.folders.last == "/usr/share/inspectd/backbones")
        let built = InstalledBackbones(
            environment: [:], program: URL(fileURLWithPath: "/src/.build/x86_64/release/inspectctl"))
        #expect(built.folders.contains("/src/.build/backbones"))
        let told = InstalledBackbones(
            environment: [InstalledBackbones.variable: "/mine"], program: URL(fileURLWithPath: "/opt/bin/inspectctl"))
        #expect(told.folders == ["/mine"])
    }

    @Test func a_file_is_loaded_by_its_path_without_an_import() throws {
        try withCatalog { catalog, folder in
            let file = try weights()
            let state = TorchFixture.stateDict(file.tensors)
            let plain = try write(try file.encodedAsSafetensors(), "mine.safetensors", in: folder)
            let torch = try write(TorchFixture.zip(state.pickle, state.storages), "theirs.pth", in: folder)
            let first = try catalog.load(plain), second = try catalog.load(torch)
            #expect(first.name == "mine" && second.name == "theirs")
            #expect(try features(first) == features(second))
            #expect(try catalog.names == [Backbone.builtInName] && files(catalog) == [])
        }
    }

    @Test func an_unknown_name_is_an_error_that_lists_the_known_ones() throws {
        try withCatalog { catalog, folder in
            let path = try write(try weights().encodedAsSafetensors(), "w.safetensors", in: folder)
            _ = try catalog.importFile(path, as: "plates", architecture: nil, dialect: nil)
            let error = try #require(#expect(throws: ProgramError.self) { try catalog.load("plate") })
            #expect(error.status == .noInput)
            #expect(
                error.message.hasPrefix("backbone 'plate' does not exist; the backbones are efficientnet_b0, plates; "))
            #expect(error.message.contains("inspectctl backbone import FILE"))
            let missing = folder.appendingPathComponent("gone.pth").path
            let unreadable = #expect(throws: WeightError.self) { try catalog.load(missing) }
            #expect(unreadable?.code == .unreadable && unreadable?.message.contains(missing) == true)
        }
    }

    // MARK: Refusals

    @Test func a_file_that_is_not_a_backbone_is_refused_and_leaves_nothing() throws {
        try withCatalog { catalog, folder in
            let golden = GoldenFolder.url.appendingPathComponent("weights")
            var short = try weights()
            short.tensors = short.tensors.filter { !$0.key.hasPrefix("features.4.") }
            var lacking = try weights()
            let removed = lacking.tensors.removeValue(forKey: "features.5.2.block.3.1.running_var")
            try #require(removed != nil)
            let cases: [(path: String, words: String)] = [
                (golden.appendingPathComponent("f32.safetensors").path, "the network is none of"),
                (golden.appendingPathComponent("malicious.pth").path, "posix.system"),
                (golden.appendingPathComponent("truncated.safetensors").path, "its data ends at byte"),
                (try write(Data("a letter".utf8), "letter.pth", in: folder), "no safetensors or PyTorch file"),
                (
                    try write(try TinyFrames.jpeg(1), "part.jpg", in: folder), "no safetensors or PyTorch file"
                ),
                (
                    try write(try short.encodedAsSafetensors(), "short.safetensors", in: folder),
                    "features.4.0.block.0.0.weight: expected for level features.5"
                ),
                (
                    try write(try lacking.encodedAsSafetensors(), "lacking.safetensors", in: folder),
                    "features.5.2.block.3.1.running_var: expected [112] for efficientnet_b0"
                ),
            ]
            for (path, words) in cases {
                let error = #expect(throws: WeightError.self, "\(path)") {
                    try catalog.importFile(path, as: "new", architecture: nil, dialect: nil)
                }
                #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            }
            #expect(try catalog.names == [Backbone.builtInName] && files(catalog) == [])
        }
    }

    @Test func an_invalid_or_taken_name_is_refused() throws {
        try withCatalog { catalog, folder in
            let path = try write(try weights().encodedAsSafetensors(), "my net.safetensors", in: folder)
            let cases = [
                (nil, "'my net'"), ("../escape", "'../escape'"), (".hidden", "'.hidden'"), ("", "''"), ("a/b", "'a/b'"),
                (Backbone.builtInName, "the built-in backbone's name"),
            ]
            for (name, words) in cases {
                let error = #expect(throws: ProgramError.self) {
                    try catalog.importFile(path, as: name, architecture: nil, dialect: nil)
                }
                #expect(error?.status == .usage && error?.message.contains("--name") == true)
                #expect(error?.message.contains(words) == true)
            }
            #expect(files(catalog) == [])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["my net.safetensors"])
        }
    }

    // MARK: Atomicity

    @Test func a_failed_import_leaves_the_earlier_one_as_it_was() throws {
        try withCatalog { catalog, folder in
            let path = try write(try weights().encodedAsSafetensors(), "plates.safetensors", in: folder)
            _ = try catalog.importFile(path, as: nil, architecture: nil, dialect: nil)
            let before = try Data(contentsOf: URL(fileURLWithPath: catalog.path("plates")))
            let cut = try write(before.dropLast(1000), "cut.safetensors", in: folder)
            #expect(throws: WeightError.self) {
                try catalog.importFile(cut, as: "plates", architecture: nil, dialect: nil)
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: catalog.path("plates"))) == before)
            // Writing fails at its last step: a folder has the name.
            try FileManager.default.createDirectory(
                atPath: catalog.path("cloth") + "/x", withIntermediateDirectories: true)
            #expect(throws: SystemError.self) {
                try catalog.importFile(path, as: "cloth", architecture: nil, dialect: nil)
            }
            #expect(files(catalog) == ["cloth.safetensors", "plates.safetensors"])
        }
    }

    @Test func a_reader_during_a_replacement_sees_the_old_file_or_the_new_one() throws {
        try withCatalog { catalog, folder in
            let paths = try [1, 2].map { stem in
                try write(try weights(stem: stem).encodedAsSafetensors(), "\(Int(stem)).safetensors", in: folder)
            }
            _ = try catalog.importFile(paths[0], as: "plates", architecture: nil, dialect: nil)
            let reader = Reader(path: catalog.path("plates"))
            let thread = Thread { reader.run() }
            thread.start()
            for round in 1...12 {
                _ = try catalog.importFile(paths[round % 2], as: "plates", architecture: nil, dialect: nil)
            }
            let (seen, failure) = reader.stop()
            #expect(failure == nil)
            #expect(seen.isSubset(of: [1, 2]) && !seen.isEmpty, "\(seen)")
            #expect(files(catalog) == ["plates.safetensors"])
        }
    }

    /// Reads a file over and over on a thread of its own.
    private final class Reader: Sendable {
        private let path: String
        private let state = Mutex<(seen: Set<Float>, failure: String?, isStopped: Bool)>(([], nil, false))
        private let done = DispatchSemaphore(value: 0)

        init(path: String) { self.path = path }

        func run() {
            repeat {
                let result = Result { try WeightFile.load(path: path).tensors["features.0.1.bias"]?.floats() }
                state.withLock { state in
                    switch result {
                    case .success(let values): state.seen.formUnion(values ?? [.nan])
                    case .failure(let error): state.failure = "\(error)"
                    }
                }
            } while !state.withLock { $0.isStopped }
            done.signal()
        }

        func stop() -> (seen: Set<Float>, failure: String?) {
            state.withLock { $0.isStopped = true }
            done.wait()
            return state.withLock { ($0.seen, $0.failure) }
        }
    }
}

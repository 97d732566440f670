import NeuralNets
import SeededRandom
import TensorCore
import TestSupport
import Testing

/// Networks that make images anew: transposed convolutions, mean pools, padding that is given.
@Suite struct ReconstructingNetworkTests {
    struct Subject: CustomStringConvertible, Sendable {
        let description: String
        let height, width: Int
        let outputs: [String]
        let graph: @Sendable () throws -> NetworkGraph
    }

    static let subjects: [Subject] = [
        autoencoder(28, 28), autoencoder(48, 32), generator(GANomalyNetwork(side: 32, latent: 7, width: 5)),
        generator(GANomalyNetwork(side: 48, latent: 20, width: 18, extraLayers: 2)),
        generator(GANomalyNetwork(side: 80, latent: 33, width: 4)),
        Subject(
            description: "discriminator", height: 112, width: 112,
            outputs: [GANomalyNetwork.features, GANomalyNetwork.prediction]
        ) { try GANomalyNetwork(side: 112, width: 6, extraLayers: 1).discriminator(FormulaWeights()) },
    ]

    private static func autoencoder(_ height: Int, _ width: Int) -> Subject {
        Subject(
            description: "autoencoder \(height)×\(width)", height: height, width: width,
            outputs: [ConvolutionalAutoencoder.output]
        ) { try ConvolutionalAutoencoder(height: height, width: width).graph(FormulaWeights()) }
    }

    private static func generator(_ network: GANomalyNetwork) -> Subject {
        Subject(
            description: "generator \(network.side)", height: network.side, width: network.side,
            outputs: [GANomalyNetwork.picture, GANomalyNetwork.inputCode, GANomalyNetwork.pictureCode]
        ) { try network.generator(FormulaWeights()) }
    }

    private func picture(_ subject: Subject, images: Int = 1) -> Tensor {
        var generator = SplitMix64(seed: 4)
        let shape: Shape = [images, subject.height, subject.width, 3]
        return Tensor(shape: shape, values: (0..<shape.count).map { _ in generator.uniform(-1, 1) })
    }

    @Test(arguments: subjects)
    func the_fused_plan_agrees_with_the_network_op_by_op(_ subject: Subject) throws {
        let graph = try subject.graph(), nodes = try subject.outputs.map { try #require(graph.node(named: $0)) }
        let picture = picture(subject), want = graph.forward(picture, nodes: nodes)
        for threads in [1, 3] {
            let plan = try InferencePlan(
                graph: graph, height: subject.height, width: subject.width, outputs: nodes, threads: threads)
            for _ in 0..<2 {
                _ = plan.input.update(fromContentsOf: picture.values)
                plan.run()
            }
            for (output, want) in zip(plan.outputs, want) {
                #expect(want.shape == [1, output.height, output.width, output.channels])
                let worst = worstDifference(Array(output.values), want.values)
                #expect(worst.difference < 1e-4, "\(subject) on \(threads): \(worst)")
            }
        }
    }

    @Test(arguments: subjects)
    func it_trains_on_the_function_that_it_infers_with(_ subject: Subject) throws {
        let graph = try subject.graph(), nodes = try subject.outputs.map { try #require(graph.node(named: $0)) }
        let pictures = picture(subject, images: 2), want = graph.forward(pictures, nodes: nodes)
        let parameters = NetworkParameters(of: graph)
        var network = TrainableNetwork(graph, parameters)
        let got = network.forward(Variable(pictures), nodes: nodes, normalization: .frozen)
        for (got, want) in zip(got, want) {
            #expect(worstDifference(got.value.values, want.values).difference < 1e-4)
        }
        // Parameters go out and come back in the frameworks' layout.
        var again = NetworkParameters(of: graph)
        for index in again.values.indices { again.values[index] = Tensor(zeros: again.values[index].shape) }
        try again.load(StoredParameters(parameters.stored(), file: "test"))
        #expect(again == parameters)
    }

    @Test func images_keep_their_size() throws {
        for subject in Self.subjects.dropLast() {
            let graph = try subject.graph(), output = try #require(graph.node(named: subject.outputs[0]))
            let (rows, columns) = graph.grids(height: subject.height, width: subject.width)[output]
            #expect(rows.count == subject.height && columns.count == subject.width, "\(subject)")
            // … and every pixel where it was; the published autoencoder's paddings alone are not the same both ways.
            guard subject.height != ConvolutionalAutoencoder.publishedSide else { continue }
            #expect(abs(rows.first) < 1e-9 && abs(columns.step - 1) < 1e-9, "\(subject): \(rows)")
        }
    }

    @Test func mean_pools_agree_with_the_network_op_by_op() throws {
        for (height, width) in [(12, 8), (13, 9)] {
            let graph = try DenseNet(depth: 10, growth: 3, classes: 2)
                .graph(FormulaWeights())
            let logits = try #require(graph.node(named: DenseNet.logits))
            let plan = try InferencePlan(graph: graph, height: height, width: width, outputs: [logits], threads: 2)
            var generator = SplitMix64(seed: 1)
            let shape: Shape = [1, height, width, 3]
            let picture = Tensor(shape: shape, values: (0..<shape.count).map { _ in generator.uniform(-1, 1) })
            _ = plan.input.update(fromContentsOf: picture.values)
            plan.run()
            let want = graph.forward(picture, nodes: [logits])[0]
            #expect(worstDifference(Array(plan.outputs[0].values), want.values).difference < 1e-4)
        }
    }
}

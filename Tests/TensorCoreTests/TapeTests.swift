import TensorCore
import Testing

/// The record: the values it keeps, gives and releases.
@Suite struct TapeTests {
    let a = Variable(tracking: Tensor(shape: [2], values: [2, 3]))
    let b = Variable(tracking: Tensor(shape: [2], values: [5, 7]))

    @Test func a_variable_used_twice_gathers_both_gradients() {
        let loss = sum(a * a + a * b)
        let slopes = gradients(of: loss, withRespectTo: [a, b])
        #expect(slopes[0].value.values == [9, 13])
        #expect(slopes[1].value.values == [2, 3])
    }

    @Test func a_gradient_that_two_inputs_share_is_not_changed_through_one_of_them() {
        // Both inputs of the sum receive the same tensor; `a` then gathers more, `b` must not.
        let loss = sum((a + b) * Variable(Tensor(shape: [2], values: [10, 20]))) + sum(a)
        let slopes = gradients(of: loss, withRespectTo: [a, b])
        #expect(slopes[0].value.values == [11, 21])
        #expect(slopes[1].value.values == [10, 20])
    }

    @Test func a_loss_that_does_not_depend_on_a_variable_has_gradient_zero() {
        let slopes = gradients(of: sum(a * a), withRespectTo: [b, a])
        #expect(slopes[0].value.values == [0, 0])
        #expect(slopes[1].value.values == [4, 6])
        #expect(gradients(of: sum(Variable(a.value)), withRespectTo: [a])[0].value.values == [0, 0])
    }

    @Test func gradients_of_inner_variables_and_of_what_lies_behind_them_come_together() {
        let square = a * a
        let slopes = gradients(of: sum(square * b), withRespectTo: [square, a])
        #expect(slopes[0].value.values == [5, 7])
        #expect(slopes[1].value.values == [20, 42])
    }

    @Test func constants_and_detached_variables_record_nothing() {
        let constant = Variable(Tensor(shape: [2], values: [1, 2]))
        #expect(!(constant * constant + constant).isTracked)
        #expect(!(a.detached * constant).isTracked)
        #expect((a * constant).isTracked)
        #expect(gradients(of: sum(a.detached * a), withRespectTo: [a])[0].value.values == [2, 3])
    }

    @Test func a_recomputed_part_runs_again_for_its_gradients_and_gives_the_same() {
        var runs = 0
        let constant = Variable(Tensor(shape: [2], values: [1, 2]))
        func part(_ inputs: [Variable]) -> Variable {
            runs += 1
            return Pointwise.tanh(inputs[0] * inputs[1]) * inputs[2] + inputs[0]
        }
        let plain = gradients(of: sum(part([a * b, b, constant])), withRespectTo: [a, b])
        let inputs = [a * b, b, constant], value = part(inputs).value
        runs = 0
        let whole = Variable(value, recomputedFrom: inputs, by: part)
        #expect(runs == 0)
        let again = gradients(of: sum(whole), withRespectTo: [a, b])
        #expect(runs == 1)
        #expect(again.map(\.value.values) == plain.map(\.value.values))
        #expect(!Variable(value, recomputedFrom: [constant], by: part).isTracked)
    }

    @Test func first_order_gradients_are_constants() {
        let slope = gradients(of: sum(Pointwise.tanh(a * b)), withRespectTo: [a])[0]
        #expect(!slope.isTracked)
    }

    @Test func a_gradient_can_be_differentiated() {
        // f = a³: f′ = 3a², f″ = 6a.
        let first = gradients(of: sum(a * a * a), withRespectTo: [a], createGraph: true)[0]
        #expect(first.value.values == [12, 27])
        #expect(first.isTracked)
        let second = gradients(of: sum(first), withRespectTo: [a], createGraph: true)[0]
        #expect(second.value.values == [12, 18])
        #expect(gradients(of: sum(second), withRespectTo: [a])[0].value.values == [6, 6])
    }

    @Test func a_loss_may_contain_its_own_gradient() {
        // GradCon's shape: L = f + cos(∂f/∂a, r), f = Σ a² b.
        let f = sum(a * a * b), reference = Variable(Tensor(shape: [2], values: [1, -1]))
        let slope = gradients(of: f, withRespectTo: [a], createGraph: true)[0]
        let loss = f + cosineSimilarity(slope.reshaped([1, 2]), reference.reshaped([1, 2])).reshaped([])
        let got = gradients(of: loss, withRespectTo: [a])[0].value.values
        func value(_ a: [Double]) -> Double {
            let b = [5.0, 7.0], g = [2 * a[0] * b[0], 2 * a[1] * b[1]]
            let cosine = (g[0] - g[1]) / ((g[0] * g[0] + g[1] * g[1]).squareRoot() * 2.0.squareRoot())
            return a[0] * a[0] * b[0] + a[1] * a[1] * b[1] + cosine
        }
        let h = 1e-5
        #expect(abs(Double(got[0]) - (value([2 + h, 3]) - value([2 - h, 3])) / (2 * h)) < 1e-3)
        #expect(abs(Double(got[1]) - (value([2, 3 + h]) - value([2, 3 - h])) / (2 * h)) < 1e-3)
    }

    @Test func the_cosine_with_a_zero_vector_has_gradient_zero() {
        // GradCon's first step: there is no earlier gradient to compare with.
        let zero = Variable(Tensor(zeros: [1, 2]))
        let loss = sum(cosineSimilarity(a.reshaped([1, 2]), zero))
        #expect(loss.scalar == 0)
        #expect(gradients(of: loss, withRespectTo: [a])[0].value.values == [0, 0])
    }

    @Test func a_record_that_was_used_up_says_so() async {
        await #expect(processExitsWith: .failure) {
            let x = Variable(tracking: Tensor(shape: [1], values: [2]))
            let loss = sum(x * x)
            _ = gradients(of: loss, withRespectTo: [x])
            _ = gradients(of: loss, withRespectTo: [x])
        }
    }

    @Test func only_a_scalar_has_gradients() async {
        await #expect(processExitsWith: .failure) {
            let x = Variable(tracking: Tensor(shape: [2], values: [2, 3]))
            _ = gradients(of: x * x, withRespectTo: [x])
        }
    }

    @Test func shapes_that_do_not_repeat_are_refused() async {
        await #expect(processExitsWith: .failure) {
            _ = Variable(Tensor(zeros: [2, 3, 4])) + Variable(Tensor(zeros: [3]))
        }
        await #expect(processExitsWith: .failure) {
            // Two separate runs of repeated axes.
            _ = Variable(Tensor(zeros: [2, 3, 4])) * Variable(Tensor(zeros: [1, 3, 1]))
        }
    }

    @Test func a_long_record_is_differentiated_without_deep_recursion() {
        var x = a
        for _ in 0..<20_000 { x = x + 0.001 }
        #expect(gradients(of: sum(x), withRespectTo: [a])[0].value.values == [1, 1])
    }

    @Test func gradients_are_the_same_bits_every_time() {
        let x = numbers([3, 9, 11, 20], seed: 1), w = numbers([3, 3, 20, 24], seed: 2)
        func slopes() -> [Tensor] {
            let variables = [Variable(tracking: x), Variable(tracking: w)]
            let out = Pointwise.silu(conv2d(variables[0], variables[1], padding: .all(1)))
            return gradients(of: mean(out * out), withRespectTo: variables).map(\.value)
        }
        let first = slopes()
        for _ in 0..<5 { #expect(slopes() == first) }
    }
}

import CKernels

/// The repetition of a small tensor to a large one's shape: the large is `[outer, middle, inner]`, the small
/// `[outer, inner]`. Per channel, outer is 1; per image and channel, it is the batch; per position, inner is 1.
struct Repetition {
    let outer, middle, inner: Int
    /// The small shape, with 1 in each axis it is repeated along.
    let small: Shape

    init(of small: Shape, in large: Shape) {
        let padded = [Int](repeating: 1, count: max(0, large.rank - small.rank)) + small.dimensions
        let differing = padded.indices.filter { $0 >= large.rank || padded[$0] != large[$0] }
        let first = differing.first ?? 0, end = (differing.last ?? -1) + 1
        precondition(
            padded.count == large.rank && padded[first..<end].allSatisfy { $0 == 1 },
            "\(small) cannot be repeated to \(large) along one run of axes")
        outer = large.dimensions[..<first].reduce(1, *)
        middle = large.dimensions[first..<end].reduce(1, *)
        inner = large.dimensions[end...].reduce(1, *)
        self.small = Shape(padded)
    }

    func add(_ x: Tensor, _ s: Tensor) -> Tensor { run(x, s, x.shape, ck_broadcast_add) }
    func multiply(_ x: Tensor, _ s: Tensor) -> Tensor { run(x, s, x.shape, ck_broadcast_multiply) }
    func spread(_ s: Tensor, to shape: Shape) -> Tensor { run(nil, s, shape, ck_broadcast_add) }

    private func run(
        _ x: Tensor?, _ s: Tensor, _ shape: Shape,
        _ kernel: (UnsafePointer<Float>?, UnsafePointer<Float>?, Int, Int, Int, UnsafeMutablePointer<Float>?) -> Void
    ) -> Tensor {
        Tensor(shape: shape) { out in
            s.values.withUnsafeBufferPointer { s in
                let small = s.baseAddress!
                func run(_ x: UnsafePointer<Float>?) {
                    if outer > 1 {
                        let block = middle * inner
                        Cores.share(outer, grain: max(1, 16_384 / block)) { part in
                            let first = part.lowerBound
                            kernel(
                                x.map { $0 + first * block }, small + first * inner, part.count, middle, inner,
                                out + first * block)
                        }
                    } else {
                        Cores.share(middle, grain: max(1, 16_384 / inner)) { part in
                            let first = part.lowerBound * inner
                            kernel(x.map { $0 + first }, small, 1, part.count, inner, out + first)
                        }
                    }
                }
                if let x { x.values.withUnsafeBufferPointer { run($0.baseAddress) } } else { run(nil) }
            }
        }
    }

    /// `out[outer, inner] = Σ_middle a · b`, or `Σ_middle a`, of shape `small`.
    func contract(_ a: Tensor, _ b: Tensor?) -> Tensor {
        Tensor(shape: small) { out in
            a.values.withUnsafeBufferPointer { a in
                func run(_ b: UnsafePointer<Float>?) {
                    if outer == 1 {
                        Cores.share(inner, grain: max(16, 16_384 / middle)) { part in
                            ck_contract(
                                a.baseAddress, b, 1, middle, inner, part.lowerBound, part.upperBound, 1, out)
                        }
                        return
                    }
                    let block = middle * inner
                    Cores.share(outer, grain: max(1, 16_384 / block)) { part in
                        let first = part.lowerBound
                        ck_contract(
                            a.baseAddress! + first * block, b.map { $0 + first * block }, part.count, middle, inner, 0,
                            inner, 1, out + first * inner)
                    }
                }
                if let b { b.values.withUnsafeBufferPointer { run($0.baseAddress) } } else { run(nil) }
            }
        }
    }
}

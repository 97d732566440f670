import Foundation

/// A tensor in a file: raw little-endian bytes, row-major, with their type.
package struct StoredTensor: Sendable, Equatable {
    package enum DType: String, Sendable {
        case f64 = "F64"
        case f32 = "F32"
        case f16 = "F16"
        case bf16 = "BF16"
        case i64 = "I64"
        case i32 = "I32"
        case i16 = "I16"
        case i8 = "I8"
        case u8 = "U8"
        case bool = "BOOL"

        /// Bytes per element.
        package var size: Int {
            switch self {
            case .f64, .i64: 8
            case .f32, .i32: 4
            case .f16, .bf16, .i16: 2
            case .i8, .u8, .bool: 1
            }
        }

        package var isFloatingPoint: Bool {
            switch self {
            case .f64, .f32, .f16, .bf16: true
            default: false
            }
        }
    }

    package let dtype: DType
    /// Empty for a scalar.
    package let shape: [Int]
    /// `count × dtype.size` bytes.
    package let bytes: Data

    /// Number of elements.
    package var count: Int { bytes.count / dtype.size }

    init(dtype: DType, shape: [Int], bytes: Data) {
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }

    package init(floats: [Float], shape: [Int]) {
        self.init(dtype: .f32, shape: shape, bytes: floats.withUnsafeBytes { Data($0) })
    }

    package init(doubles: [Double], shape: [Int]) {
        self.init(dtype: .f64, shape: shape, bytes: doubles.withUnsafeBytes { Data($0) })
    }

    package init(integers: [Int], shape: [Int]) {
        self.init(dtype: .i64, shape: shape, bytes: integers.map(Int64.init).withUnsafeBytes { Data($0) })
    }

    package init(bytes: [Int8], shape: [Int]) {
        self.init(dtype: .i8, shape: shape, bytes: bytes.withUnsafeBytes { Data($0) })
    }

    /// - Parameter upperHalves: of floats.
    package init(upperHalves: [UInt16], shape: [Int]) {
        self.init(dtype: .bf16, shape: shape, bytes: upperHalves.withUnsafeBytes { Data($0) })
    }

    /// Raw bytes, `[count]`.
    package init(octets: Data) { self.init(dtype: .u8, shape: [octets.count], bytes: octets) }

    /// The values as float32, whatever the stored type; doubles and large integers are rounded.
    package func floats() -> [Float] {
        switch dtype {
        case .f32: return elements(Float.self)
        case .f64: return elements(Double.self).map(Float.init)
        case .f16: return elements(UInt16.self).map(Self.half)
        case .bf16: return elements(UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        case .i64, .i32, .i16, .i8, .u8, .bool: return integers().map(Float.init)
        }
    }

    /// The values in double precision.
    package func doubles() -> [Double] { dtype == .f64 ? elements(Double.self) : floats().map(Double.init) }

    /// The values as integers; floating-point ones are truncated, those out of range become 0.
    package func integers() -> [Int] {
        switch dtype {
        case .i64: elements(Int64.self).map(Int.init)
        case .i32: elements(Int32.self).map(Int.init)
        case .i16: elements(Int16.self).map(Int.init)
        case .i8: elements(Int8.self).map(Int.init)
        case .u8, .bool: elements(UInt8.self).map(Int.init)
        case .f64, .f32, .f16, .bf16: doubles().map { Int(exactly: $0.rounded(.towardZero)) ?? 0 }
        }
    }

    /// Copies the values as they are stored; `T` must have the stored type's size.
    package func copy<T: BitwiseCopyable>(to values: UnsafeMutableBufferPointer<T>) {
        precondition(MemoryLayout<T>.stride == dtype.size && values.count == count, "\(dtype.rawValue) as \(T.self)")
        _ = bytes.copyBytes(to: values)
    }

    private func elements<T>(_ type: T.Type) -> [T] {
        [T](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = bytes.copyBytes(to: buffer) / MemoryLayout<T>.stride
        }
    }

    /// IEEE 754 binary16, by arithmetic: `Float16` does not exist on every platform this compiles for.
    private static func half(_ bits: UInt16) -> Float {
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10 & 0x1f), fraction = Float(bits & 0x3ff)
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }
}

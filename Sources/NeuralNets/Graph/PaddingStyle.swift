/// The rule of a convolution's padding.
package enum PaddingStyle: Sendable, Equatable {
    /// Half the kernel on every side (torchvision, timm).
    case symmetric
    /// TensorFlow's "SAME": as much as the output size `ceil(input / stride)` needs, the odd one at the bottom and
    /// right.
    case same
    /// This number of rows and columns on every side.
    case fixed(Int)
}

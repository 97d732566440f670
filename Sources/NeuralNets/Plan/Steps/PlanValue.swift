/// A node's map while the steps are written.
struct PlanValue {
    let buffer: FloatBuffer
    let rows, columns: GridAxis
    let channels: Int
    var height: Int { rows.count }
    var width: Int { columns.count }
    var pixels: Int { height * width }
}

import InspectionDomain

/// Text in columns.
package struct Table {
    private let header: [String]
    private let rightAligned: Set<Int>
    private var rows: [[String]] = []

    /// - Parameter numeric: indices of right-aligned columns.
    package init(_ header: [String], numeric: Set<Int> = []) {
        self.header = header
        rightAligned = numeric
    }

    /// Adds a row; each cell is shown on one line.
    package mutating func add(_ cells: [String]) { rows.append(cells.map(\.printable)) }

    package var isEmpty: Bool { rows.isEmpty }

    package var text: String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return all.map { row in
            let cells = header.indices.map { column in
                let cell = column < row.count ? row[column] : ""
                let blank = String(repeating: " ", count: widths[column] - cell.count)
                return rightAligned.contains(column) ? blank + cell : cell + blank
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}

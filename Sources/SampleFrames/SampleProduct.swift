/// The two products that the project draws itself.
package enum SampleProduct: String, CaseIterable, Sendable {
    /// A brushed-metal plate with a bore, pin holes and corner holes, on a dark carrier.
    case plate
    /// A woven twill cloth that fills the image.
    case cloth

    package var defects: [SampleDefect] {
        switch self {
        case .plate: [.scratch, .dent, .rust, .missingHole, .contamination]
        case .cloth: [.hole, .pull, .stain, .misweave, .fibre]
        }
    }
}

/// Kinds of defect; raw values name folders.
package enum SampleDefect: String, CaseIterable, Sendable {
    // plate
    case scratch, dent, rust, contamination
    case missingHole = "missing_hole"
    // cloth
    case hole, pull, stain, misweave, fibre
}

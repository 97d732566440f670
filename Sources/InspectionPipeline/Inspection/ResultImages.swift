import DetectionCore
import Foundation
import Imaging
import InspectionDomain

/// The image files beside a `result.json`: overlay, anomaly map and mask, each of the frame's own size.
package struct ResultImages: Sendable {
    package static let overlayName = "overlay.jpg"
    package static let mapName = "anomaly_map.png"
    package static let maskName = "mask.png"

    /// File names and contents.
    package private(set) var files: [(name: String, data: Data)] = []

    /// Their names for `result.json`.
    package var listing: ResultFiles {
        func listed(_ name: String) -> String? { files.contains { $0.name == name } ? name : nil }
        return ResultFiles(
            overlay: listed(Self.overlayName), anomalyMap: listed(Self.mapName), mask: listed(Self.maskName))
    }

    /// Encodes the files that a line keeps: map and mask of every anomalous frame and of those with an overlay.
    ///
    /// A flawless frame's map is of no use to an operator or a program, so it costs no time and no space.
    ///
    /// - Parameter inspection: the record of the same frame, which the overlay's caption quotes.
    package init(
        _ examination: Examination, of inspection: Inspection, policy: Configuration.OverlayPolicy
    ) throws(ImageError) {
        let isAnomalous = examination.verdict == .anomalous || !examination.regions.regions.isEmpty
        let wantsOverlay = policy == .always || policy == .anomalous && isAnomalous
        guard wantsOverlay || isAnomalous else { return }
        let (frame, map) = (examination.frame, examination.fullMap)
        if wantsOverlay { files.append((Self.overlayName, try Self.overlay(examination, of: inspection, map))) }
        files.append((Self.mapName, try Self.map(examination, map)))
        files.append(
            (
                Self.maskName,
                try Overlay.maskPNG(examination.regions.mask, width: frame.width, height: frame.height)
            ))
    }

    /// The overlay as JPEG, under a caption with the facts of `inspection`.
    package static func overlay(_ examination: Examination, of inspection: Inspection) throws(ImageError) -> Data {
        try overlay(examination, of: inspection, examination.fullMap)
    }

    /// The anomaly map at the frame's size as PNG of 16 bits.
    package static func map(_ examination: Examination) throws(ImageError) -> Data {
        try map(examination, examination.fullMap)
    }

    private static func overlay(
        _ examination: Examination, of inspection: Inspection, _ map: AnomalyMap
    ) throws(ImageError) -> Data {
        let findings = Overlay.Findings(
            map: map.values, mapWidth: map.width, mapHeight: map.height,
            pixelThreshold: Float(examination.calibration.pixelThreshold), mask: examination.regions.mask,
            boxes: examination.regions.regions.map {
                Overlay.Box(x: $0.bbox[0], y: $0.bbox[1], width: $0.bbox[2], height: $0.bbox[3])
            })
        return try Overlay.draw(frame: examination.frame, findings: findings, caption: Overlay.Caption(inspection))
            .encodedJPEG(quality: 88)
    }

    private static func map(_ examination: Examination, _ map: AnomalyMap) throws(ImageError) -> Data {
        try Overlay.mapPNG(
            map.values, width: map.width, height: map.height,
            pixelThreshold: Float(examination.calibration.pixelThreshold))
    }
}

import DetectionCore
import Foundation
import Imaging
import InspectionDomain

/// The image files beside a `result.json`: overlay and mask of the frame's own size, and the anomaly map.
package struct ResultImages: Sendable {
    package static let overlayName = "overlay.jpg"
    package static let mapName = "anomaly_map.png"
    package static let maskName = "mask.png"

    /// File names and contents.
    package private(set) var files: [(name: String, data: Data)] = []
    /// Of the anomaly map, where there is one.
    package private(set) var placement: MapPlacement?

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
    /// - Parameters:
    ///   - inspection: the record of the same frame, which the overlay's caption quotes.
    ///   - threads: with more than one, the overlay is made beside the others.
    package init(
        _ examination: Examination, of inspection: Inspection, overlay policy: Configuration.OverlayPolicy,
        map size: Configuration.MapSize, threads: Int
    ) throws(ImageError) {
        let isAnomalous = examination.verdict == .anomalous || !examination.regions.regions.isEmpty
        let wantsOverlay = policy == .always || policy == .anomalous && isAnomalous
        guard wantsOverlay || isAnomalous else { return }
        let (overlay, (map, mask)) = try SideBySide.run(atOnce: wantsOverlay && threads > 1) {
            () throws(ImageError) in
            wantsOverlay ? try Self.overlay(examination, of: inspection) : nil
        } _: {
            () throws(ImageError) in
            let frame = examination.frame
            let mask = try Overlay.maskPNG(examination.regions.mask, width: frame.width, height: frame.height)
            return (try Self.map(examination, size), mask)
        }
        if let overlay { files.append((Self.overlayName, overlay)) }
        files += [(Self.mapName, map.file), (Self.maskName, mask)]
        placement = map.placement
    }

    /// The overlay as JPEG, under a caption with the facts of `inspection`.
    package static func overlay(_ examination: Examination, of inspection: Inspection) throws(ImageError) -> Data {
        let map = examination.stretched ?? examination.detection.map
        let findings = Overlay.Findings(
            map: map.values, mapWidth: map.width, mapHeight: map.height,
            pixelThreshold: Float(examination.calibration.pixelThreshold), mask: examination.regions.mask,
            boxes: examination.regions.regions.map {
                Overlay.Box(x: $0.bbox[0], y: $0.bbox[1], width: $0.bbox[2], height: $0.bbox[3])
            })
        return try Overlay.draw(frame: examination.frame, findings: findings, caption: Overlay.Caption(inspection))
            .encodedJPEG(quality: 88)
    }

    /// The anomaly map as PNG of 16 bits, and where it lies.
    package static func map(
        _ examination: Examination, _ size: Configuration.MapSize
    ) throws(ImageError) -> (file: Data, placement: MapPlacement) {
        let map =
            switch size {
            case .grid: examination.detection.map
            case .full: examination.fullMap
            }
        let (frame, pixelThreshold) = (examination.frame, examination.calibration.pixelThreshold)
        let file = try Overlay.mapPNG(
            map.values, width: map.width, height: map.height, pixelThreshold: Float(pixelThreshold))
        let placement = MapPlacement(
            width: map.width, height: map.height, box: [0, 0, frame.width, frame.height], maximum: 2 * pixelThreshold)
        return (file, placement)
    }
}

import DetectionCore
import Foundation
import Imaging
import SampleFrames
import TestSupport
import Testing

@Suite struct SampleFramesTests {
    static let defects = SampleProduct.allCases.flatMap { product in product.defects.map { (product, $0) } }

    private func bytes(_ frame: Frame) throws -> [UInt8] {
        guard case .eight(let values) = frame.samples else { throw CocoaError(.featureUnsupported) }
        return values
    }

    @Test(arguments: SampleProduct.allCases)
    func the_same_index_and_seed_give_the_same_image(_ product: SampleProduct) {
        let first = SampleFrames.flawless(product, index: 3)
        #expect(first == SampleFrames.flawless(product, index: 3))
        #expect(first != SampleFrames.flawless(product, index: 4))
        #expect(first != SampleFrames.flawless(product, index: 3, seed: 2))
    }

    @Test(arguments: defects)
    func a_defect_changes_its_mask_and_little_else(_ product: SampleProduct, _ defect: SampleDefect) throws {
        for index in [5, 6, 7] {
            let good = try bytes(SampleFrames.flawless(product, index: index))
            let (frame, maskFrame) = SampleFrames.defective(product, defect, index: index)
            let bad = try bytes(frame), mask = try bytes(maskFrame)
            let defective = mask.count { $0 > 0 }
            #expect((40..<mask.count / 6).contains(defective), "\(defect) covers \(defective) pixels")
            var inside = 0.0, outside = 0.0
            for pixel in mask.indices {
                let difference = (0..<3).reduce(0.0) {
                    $0 + abs(Double(bad[pixel * 3 + $1]) - Double(good[pixel * 3 + $1]))
                }
                if mask[pixel] > 0 { inside += difference } else { outside += difference }
            }
            inside /= Double(defective)
            outside /= Double(mask.count - defective)
            #expect(inside > 12, "\(defect) hardly shows: \(inside)")
            #expect(outside < 0.06 * inside, "\(defect) changes what its mask does not cover: \(outside) of \(inside)")
        }
    }

    /// Every region counts alike when maps are judged, so a mask has none that nobody would mark.
    @Test(arguments: defects)
    func a_mask_has_no_specks_beside_its_defect(_ product: SampleProduct, _ defect: SampleDefect) throws {
        for index in 0..<12 {
            let mask = SampleFrames.defective(product, defect, index: index).mask
            let values = try bytes(mask).map(Float.init)
            let map = AnomalyMap(width: mask.width, height: mask.height, values: values)
            let areas = RegionMap(map, threshold: 0, width: mask.width, height: mask.height).regions.map(\.area)
            #expect(areas.min() ?? 0 >= (areas.max() ?? 0) / 50, "\(defect) \(index): \(areas)")
        }
    }

    @Test func another_size_shows_the_same_scene() throws {
        let large = SampleFrames.flawless(.plate, index: 0, size: .init(width: 768, height: 576))
        let small = SampleFrames.flawless(.plate, index: 0).resized(width: 64, height: 48)
        let shrunk = large.resized(width: 64, height: 48)
        let difference = zip(try bytes(small), try bytes(shrunk)).map { abs(Int($0) - Int($1)) }.reduce(0, +)
        #expect(Double(difference) / Double(64 * 48 * 3) < 6)
    }

    @Test func no_part_is_on_two_sides() {
        let items = SampleDataset.committed[0].items
        #expect(Set(items.map(\.index)).count == items.count)
        #expect(Set(items.map(\.path)).count == items.count)
    }
}

/// The images under samples/ are what this code draws.
@Suite struct CommittedSamplesTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("samples")

    @Test func they_are_what_the_code_draws() throws {
        for dataset in SampleDataset.committed {
            let root = Self.folder.appendingPathComponent(dataset.product.rawValue)
            for item in dataset.items.enumerated().filter({ $0.offset.isMultiple(of: 7) || $0.element.defect != nil })
                .map(\.element)
            {
                for (path, drawn) in try dataset.files(item) {
                    let committed = try Frame.decode(try Data(contentsOf: root.appendingPathComponent(path)))
                    let fresh = try Frame.decode(drawn)
                    guard case .eight(let a) = committed.samples, case .eight(let b) = fresh.samples else {
                        Issue.record("\(path) is not 8-bit")
                        continue
                    }
                    // Another libjpeg or maths library may round differently.
                    let worst = zip(a, b).map { abs(Int($0) - Int($1)) }.max() ?? 255
                    let mean = Double(zip(a, b).map { abs(Int($0) - Int($1)) }.reduce(0, +)) / Double(max(1, a.count))
                    #expect(a.count == b.count && mean < 0.5, "\(path): mean difference \(mean), worst \(worst)")
                }
            }
        }
    }

    @Test func they_stay_small() throws {
        let names = try #require(FileManager.default.enumerator(atPath: Self.folder.path))
        let sizes = names.compactMap { $0 as? String }.map {
            ((try? FileManager.default.attributesOfItem(atPath: "\(Self.folder.path)/\($0)"))?[.size] as? Int) ?? 0
        }
        #expect(sizes.reduce(0, +) < 3_000_000)
    }
}

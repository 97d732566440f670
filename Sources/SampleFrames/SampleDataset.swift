import Foundation
import Imaging
import Synchronization

/// A drawn data set in the MVTec AD layout: `train/good`, `validation/good`, `test/good`, `test/<kind>`,
/// `ground_truth/<kind>/<stem>_mask.png`.
package struct SampleDataset: Sendable {
    package let product: SampleProduct
    /// Images of each part; `perDefect` of every kind of defect.
    package let train, validation, testGood, perDefect: Int
    package let seed: UInt64
    package let size: SampleFrames.Size

    package init(
        product: SampleProduct, train: Int, validation: Int, testGood: Int, perDefect: Int, seed: UInt64 = 1,
        size: SampleFrames.Size = .standard
    ) {
        (self.product, self.train, self.validation) = (product, train, validation)
        (self.testGood, self.perDefect, self.seed, self.size) = (testGood, perDefect, seed, size)
    }

    /// One image to draw.
    package struct Item: Sendable {
        /// Relative to the data set's folder.
        package let path: String
        package let maskPath: String?
        package let defect: SampleDefect?
        package let index: Int
    }

    /// Every image, in order. All indices differ, so no part is on two sides.
    package var items: [Item] {
        var items: [Item] = [], index = 0
        func add(_ folder: String, _ count: Int, _ defect: SampleDefect?) {
            for number in 0..<count {
                let stem = String(repeating: "0", count: max(0, 3 - String(number).count)) + String(number)
                items.append(
                    Item(
                        path: "\(folder)/\(stem).jpg",
                        maskPath: defect.map { "ground_truth/\($0.rawValue)/\(stem)_mask.png" },
                        defect: defect, index: index))
                index += 1
            }
        }
        add("train/good", train, nil)
        add("validation/good", validation, nil)
        add("test/good", testGood, nil)
        for defect in product.defects { add("test/\(defect.rawValue)", perDefect, defect) }
        return items
    }

    /// The files of one image by relative path: the JPEG, and the mask of a defect.
    package func files(_ item: Item) throws -> [String: Data] {
        guard let defect = item.defect, let maskPath = item.maskPath else {
            let frame = SampleFrames.flawless(product, index: item.index, seed: seed, size: size)
            return [item.path: try frame.encodedJPEG(quality: 88)]
        }
        let (frame, mask) = SampleFrames.defective(product, defect, index: item.index, seed: seed, size: size)
        return [item.path: try frame.encodedJPEG(quality: 88), maskPath: try mask.encodedPNG(compression: .small)]
    }

    /// Draws all images into `folder`, in parallel.
    ///
    /// - Parameter progress: called with the number of images done and the total.
    package func write(to folder: URL, progress: (@Sendable (Int, Int) -> Void)? = nil) throws {
        let items = items, done = Atomic<Int>(0), failure = Mutex<(any Error)?>(nil)
        DispatchQueue.concurrentPerform(iterations: items.count) { number in
            if failure.withLock({ $0 != nil }) { return }
            do {
                for (path, data) in try files(items[number]) {
                    let target = folder.appendingPathComponent(path)
                    try FileManager.default.createDirectory(
                        at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
                    try data.write(to: target)
                }
                progress?(done.add(1, ordering: .relaxed).newValue, items.count)
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// The small sets that the project carries under `samples/`.
    package static let committed = SampleProduct.allCases.map {
        SampleDataset(product: $0, train: 20, validation: 6, testGood: 4, perDefect: 2)
    }
}

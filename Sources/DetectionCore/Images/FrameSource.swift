import Foundation
import ImageFolders
import Imaging
import LinuxPlatform

/// Images to fit, calibrate or test on, decoded on demand.
package struct FrameSource: Sendable {
    /// In a fixed order: sorted by path.
    package let files: [RawPath]
    /// The limits of each image's size.
    package let limits: DecodeLimits
    /// The range from which every image's samples are stretched; nil to use them as stored.
    package var intensity: IntensityRange?
    /// The entries skipped in the named folders; empty for a list of files.
    package let skipped: SkippedCounts

    /// An image that cannot be used.
    package struct Unreadable: Error, Sendable, CustomStringConvertible {
        package let path: String
        package let reason: String
        package var description: String {
            "cannot use the image \(path): \(reason); remove it from the folder, or replace it"
        }
    }

    /// The error of folders without images.
    package struct Empty: Error, Sendable, CustomStringConvertible {
        package let folders: [String]
        package let skipped: SkippedCounts
        package var description: String {
            "no images (JPEG, PNG) in \(folders.joined(separator: ", "))"
                + (skipped.isEmpty ? "" : " (skipped: \(skipped.text))")
                + "; give a folder of flawless images"
        }
    }

    package init(files: [RawPath], limits: DecodeLimits = .default) {
        (self.files, self.limits, skipped) = (files, limits, SkippedCounts())
    }

    package init(paths: [String], limits: DecodeLimits = .default) {
        self.init(files: paths.map { RawPath($0) }, limits: limits)
    }

    /// Every image in the folders and their subfolders, according to `rule`.
    /// - Throws: `Empty`; `SystemError` for a folder that does not exist or cannot be read.
    package init(folders: [String], rule: ImageRule = ImageRule(), limits: DecodeLimits = .default) throws {
        var files: [RawPath] = []
        var skipped = SkippedCounts()
        for folder in folders {
            var images = ImageFolder(RawPath(folder), rule: rule)
            let scan = try images.scan()
            files += scan.images.map(\.path)
            skipped.add(scan.skipped)
        }
        guard !files.isEmpty else { throw Empty(folders: folders, skipped: skipped) }
        (self.files, self.limits, self.skipped) = (files.sorted(), limits, skipped)
    }

    /// The paths as text.
    package var paths: [String] { files.map(\.description) }

    package var count: Int { files.count }

    /// Some of the images, in the order of `indices`.
    package func subset(_ indices: some Sequence<Int>) -> FrameSource {
        var source = FrameSource(files: indices.map { files[$0] }, limits: limits)
        source.intensity = intensity
        return source
    }

    /// An image with its intensities stretched.
    /// - Throws: `Unreadable`.
    package func frame(_ index: Int) throws -> Frame { try dataAndFrame(index).frame.stretched(intensity) }

    /// An image's file and its decoded content, unchanged.
    /// - Throws: `Unreadable`.
    func dataAndFrame(_ index: Int) throws -> (data: Data, frame: Frame) {
        let file = files[index]
        let data: Data
        do {
            data = try FileSystem().read(file, followsLinks: true)
        } catch {
            throw Unreadable(path: file.description, reason: "\(error)")
        }
        do {
            return (data, try Frame.decode(data, limits: limits))
        } catch {
            throw Unreadable(path: file.description, reason: error.message)
        }
    }
}

import DetectionCore
import Foundation
import TestSupport
import Testing

/// The folders that users of the published codes have.
@Suite struct DatasetLayoutTests {
    private func make(_ folder: URL, _ counts: [String: Int]) throws {
        for (path, count) in counts {
            let place = folder.appendingPathComponent(path)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            for index in 0..<count { try Data().write(to: place.appendingPathComponent("\(100 + index).png")) }
        }
    }

    private func kinds(_ data: Dataset) -> [String: Int] {
        Dictionary(data.test.map { ($0.kind, 1) }, uniquingKeysWith: +)
    }

    @Test func ganomaly_s_layout_is_read() throws {
        try withTemporaryFolder { folder in
            try make(folder, ["train/0.normal": 5, "test/0.normal": 3, "test/1.abnormal": 2])
            let data = try Dataset(folder: folder.path)
            #expect(data.train.count == 5)
            #expect(kinds(data) == ["good": 3, "1.abnormal": 2])
        }
    }

    @Test func class_folders_are_read_one_against_the_rest_and_all_but_one() throws {
        try withTemporaryFolder { folder in
            let classes = ["airplane": 4, "bird": 5, "cat": 6]
            for part in ["train", "test"] {
                try make(folder, Dictionary(uniqueKeysWithValues: classes.map { ("\(part)/\($0.key)", $0.value) }))
            }
            let one = try Dataset(folder: folder.path, normal: .these(["bird"]))
            #expect(one.train.count == 5 && one.train.allSatisfy { $0.description.contains("/train/bird/") })
            #expect(kinds(one) == ["airplane": 4, "good": 5, "cat": 6])
            let but = try Dataset(folder: folder.path, normal: .allBut("bird"))
            #expect(but.train.count == 10 && but.classes == ["airplane", "cat"])
            #expect(kinds(but) == ["good": 10, "bird": 5])
            let few = try Dataset(
                folder: folder.path, normal: .these(["bird"]), limits: Dataset.Limits(train: 2, test: 3))
            #expect(few.train.count == 2)
            #expect(kinds(few) == ["airplane": 3, "good": 3, "cat": 3])
            let error = #expect(throws: Dataset.Malformed.self) {
                try Dataset(folder: folder.path, normal: .these(["dog"]))
            }
            #expect(error?.message.contains("has no class dog; it has airplane, bird, cat") == true)
            let all = #expect(throws: Dataset.Malformed.self) {
                try Dataset(folder: folder.path, normal: .these(["airplane", "bird", "cat"]))
            }
            #expect(all?.message.contains("every class of") == true)
        }
    }

    @Test func class_folders_that_leave_nothing_to_learn_from_are_refused() throws {
        try withTemporaryFolder { folder in
            try make(folder, ["train/ship": 0, "train/cat": 3, "test/ship": 2, "test/cat": 2])
            let empty = #expect(throws: Dataset.Malformed.self) {
                try Dataset(folder: folder.path, normal: .these(["ship"]))
            }
            #expect(empty?.message.contains("train/ship holds no images") == true)
        }
        try withTemporaryFolder { folder in
            try make(folder, ["train/ship": 3, "test/ship": 2])
            let only = #expect(throws: Dataset.Malformed.self) {
                try Dataset(folder: folder.path, normal: .allBut("ship"))
            }
            #expect(only?.message.contains("has no class but ship") == true)
        }
    }
}

// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors in our own Swift targets; dependencies keep their own settings.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

// The numeric C kernels are compiled optimised in debug builds too: a debug test run crunches real networks.
let kernelFlags: [CSetting] = [
    .unsafeFlags(["-O3", "-std=gnu2x", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-fno-math-errno"])
]
let shimFlags: [CSetting] = [.unsafeFlags(["-O2", "-std=gnu2x", "-Wall", "-Wextra", "-Werror"])]

/// A library target in Swift with the project's settings.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The test target that mirrors `target`.
func tests(_ target: String, _ extra: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(target)Tests", dependencies: [.target(name: target), "TestSupport"] + extra, swiftSettings: strict)
}

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")

let package = Package(
    name: "inspectd",
    products: [
        .executable(name: "inspectd", targets: ["inspectd"]),
        .executable(name: "inspectctl", targets: ["inspectctl"]),
        .executable(name: "inspectd-gateway", targets: ["inspectd-gateway"]),
        .library(name: "InspectionKit", targets: ["InspectionKit"]),
        // For the package of benchmarks, Benchmarks.
        .library(name: "InspectionBenchmarks", targets: ["InspectionBenchmarks"]),
        // For the fuzzers' package, Tests/Fuzz.
        .library(name: "HostileInput", targets: ["HostileInput"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    ],
    targets: [
        // C: system libraries, shims and kernels
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "CImageShims", dependencies: ["CJPEG", "CPNG", "CDeflate"], cSettings: shimFlags),
        .target(name: "CCrashNote", cSettings: shimFlags, linkerSettings: [.linkedLibrary("pthread")]),
        .target(
            name: "CKernels", dependencies: ["CCrashNote"], cSettings: kernelFlags,
            linkerSettings: [.linkedLibrary("pthread"), .linkedLibrary("m")]),
        .target(name: "CDefaultModel", exclude: ["weights"], cSettings: shimFlags),

        // Numbers
        library("SeededRandom", []),
        library("TensorCore", ["CKernels", "COpenBLAS"]),
        library("NeuralNets", ["TensorCore", "CKernels"]),
        library("Imaging", ["CImageShims", "CKernels"]),
        library("LinuxPlatform", ["InspectionDomain", "CLinux", "CSystemd", "CCrashNote"]),
        library("ImageFolders", ["LinuxPlatform", "Imaging"]),
        library(
            "DetectionCore",
            [
                "NeuralNets", "TensorCore", "Imaging", "ImageFolders", "LinuxPlatform", "InspectionDomain",
                "SeededRandom",
                "CKernels", "COpenBLAS",
            ]),
        library(
            "DetectionMethods",
            [
                "DetectionCore", "NeuralNets", "TensorCore", "Imaging", "LinuxPlatform", "InspectionDomain",
                "InspectionPlots", "SeededRandom", "CKernels", "COpenBLAS", arguments,
            ]),

        // The inspector
        library("InspectionDomain", [crypto]),
        library("Spooling", ["ImageFolders", "LinuxPlatform", "InspectionDomain"]),
        library("LedgerStore", ["InspectionDomain", "LinuxPlatform", grdb, sqlite]),
        library(
            "InspectionPipeline",
            [
                "DetectionCore", "DetectionMethods", "NeuralNets", "TensorCore", "Imaging", "ImageFolders",
                "LedgerStore", "Spooling", "LinuxPlatform", "CDefaultModel", "InspectionDomain", "SeededRandom", yams,
                logging, lifecycle,
            ]),

        // The gateway: the only targets with a network
        library(
            "Delivery",
            [
                "InspectionPipeline", "LedgerStore", "LinuxPlatform", "InspectionDomain", logging,
            ]),
        library(
            "DeliverySinks",
            [
                "Delivery", "InspectionPipeline", "LinuxPlatform", "InspectionDomain", crypto, logging, httpClient,
                nioCore, nioHTTP, nioSSL,
            ]),

        // Pictures the project draws itself
        library("SampleFrames", ["CKernels", "Imaging", "SeededRandom"]),
        library("InspectionPlots", ["Imaging"]),

        // Benchmarks
        library(
            "InspectionBenchmarks",
            [
                "InspectionPipeline", "DetectionCore", "DetectionMethods", "NeuralNets", "TensorCore", "CKernels",
                "Imaging",
                "InspectionDomain", "LinuxPlatform", "SampleFrames",
            ]),

        // For other programs
        library(
            "InspectionKit",
            [
                "InspectionPipeline", "DetectionCore", "DetectionMethods", "NeuralNets", "Imaging", "InspectionDomain",
                "LinuxPlatform",
            ]),

        // Programs
        library("DaemonProgram", ["InspectionPipeline", "InspectionDomain", "LinuxPlatform", arguments]),
        .executableTarget(
            name: "inspectd",
            dependencies: [
                "DaemonProgram", "InspectionPipeline", "InspectionDomain", "LinuxPlatform", logging, arguments,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "inspectd-gateway",
            dependencies: [
                "DaemonProgram", "Delivery", "DeliverySinks", "InspectionPipeline", "InspectionDomain", "LinuxPlatform",
                logging,
                arguments,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "inspectctl",
            dependencies: [
                "InspectionPipeline", "DetectionCore", "DetectionMethods", "NeuralNets", "Imaging", "ImageFolders",
                "InspectionDomain", "LedgerStore", "Spooling", "LinuxPlatform", "SampleFrames", "InspectionPlots",
                "InspectionBenchmarks", arguments,
            ],
            swiftSettings: strict),

        // The readers that the fuzzers call
        .target(
            name: "HostileInput",
            dependencies: [
                "Imaging", "NeuralNets", "DetectionCore", "DetectionMethods", "InspectionPipeline", "InspectionDomain",
                "LedgerStore", "SeededRandom", grdb,
            ], path: "Tests/HostileInput", swiftSettings: strict),

        // Tests mirror targets
        .target(
            name: "TestSupport", dependencies: ["Imaging", "NeuralNets", "SeededRandom", "TensorCore"],
            path: "Tests/TestSupport",
            swiftSettings: strict),
        .target(
            name: "CKernelReferences", dependencies: ["CKernels"], path: "Tests/CKernelReferences",
            cSettings: kernelFlags),
        tests("SeededRandom"),
        tests("TensorCore", ["CKernels", "CKernelReferences", "COpenBLAS", "NeuralNets"]),
        tests("NeuralNets", ["CKernels", "CKernelReferences", "SeededRandom"]),
        tests("Imaging", ["NeuralNets", "SampleFrames", "SeededRandom"]),
        tests("DetectionCore", ["CKernels", "DetectionMethods", "SeededRandom"]),
        tests("DetectionMethods", ["CKernels", "CKernelReferences", "SeededRandom"]),
        tests("InspectionDomain"),
        tests("LinuxPlatform"),
        tests("ImageFolders", ["LinuxPlatform", "Imaging", "InspectionDomain", "SampleFrames", "SeededRandom"]),
        tests("Spooling", ["ImageFolders"]),
        tests("LedgerStore", [grdb]),
        tests(
            "InspectionPipeline",
            [
                "DetectionCore", "DetectionMethods", "Imaging", "InspectionDomain", "LedgerStore", "LinuxPlatform",
                "NeuralNets", "SampleFrames", "SeededRandom", "Spooling", logging,
            ]),
        tests(
            "Delivery",
            ["InspectionDomain", "InspectionPipeline", "LedgerStore", "LinuxPlatform", "SeededRandom", logging]),
        tests(
            "DeliverySinks",
            ["Delivery", "InspectionDomain", "InspectionPipeline", "LedgerStore", "LinuxPlatform", crypto, logging]),
        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
        tests("InspectionKit", ["Imaging", "SampleFrames"]),
        tests("SampleFrames", ["DetectionCore"]),
        tests("InspectionPlots"),
        // Runs the real programs: depending on their targets has them built beside the test bundle.
        .testTarget(
            name: "ProgramTests",
            dependencies: [
                "inspectd", "inspectctl", "inspectd-gateway", "TestSupport", "SampleFrames", "Imaging",
                "InspectionDomain",
                "InspectionPipeline", "LedgerStore", "SeededRandom", "Spooling", "LinuxPlatform",
            ], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu2x
)

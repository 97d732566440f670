// swift-tools-version: 6.2
import PackageDescription

// Ratios of times that must not grow: `make benchmark` builds it, and inspectd beside it, in release mode.
let package = Package(
    name: "Benchmarks",
    dependencies: [
        .package(name: "inspectd", path: "..")
    ],
    targets: [
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                .product(name: "InspectionBenchmarks", package: "inspectd")
            ],
            swiftSettings: [.treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)

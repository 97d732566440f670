// swift-tools-version: 6.2
import PackageDescription

// libFuzzer over everything that reads bytes from strangers. Built by ./run with the sanitizers switched on for all
// targets.
let package = Package(
    name: "Fuzz",
    dependencies: [
        .package(name: "inspectd", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "fuzz",
            dependencies: [
                .product(name: "HostileInput", package: "inspectd")
            ],
            swiftSettings: [.unsafeFlags(["-parse-as-library"])])
    ],
    swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.2
import PackageDescription

// The forecasting sources by link, without the rest of the project: a release build takes seconds.
let package = Package(
    name: "forecasting",
    platforms: [.macOS(.v15)],
    targets: [
        .target(name: "Records"),
        .target(name: "Models", dependencies: ["Records"]),
        .executableTarget(name: "forecasting", dependencies: ["Models", "Records"]),
    ],
    swiftLanguageModes: [.v6])

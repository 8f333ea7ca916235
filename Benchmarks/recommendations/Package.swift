// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// The recommenders' sources by link, without the rest of the project: a release build takes a minute.
let package = Package(
    name: "recommendations",
    platforms: [.macOS(.v15)],
    targets: [
        .systemLibrary(name: "CInline"),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas"),
        .target(name: "Crypto"),
        .target(name: "Records", swiftSettings: settings),
        .target(name: "Models", dependencies: ["Records", "CInline", "COpenBLAS", "Crypto"], swiftSettings: settings),
        .executableTarget(name: "recommendations", dependencies: ["Models", "Records"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6])

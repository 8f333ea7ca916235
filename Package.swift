// swift-tools-version: 6.2
import PackageDescription

/// One set of flags for every target of ours: Swift 6 mode, explicit existentials and imports, warnings are errors.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "pipeline",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "pipeline", targets: ["pipeline"]),
        .library(name: "Records", targets: ["Records"]),
        .library(name: "Connectors", targets: ["Connectors"]),
        .library(name: "Models", targets: ["Models"]),
        .library(name: "RemoteModels", targets: ["RemoteModels"]),
        .library(name: "Pipelines", targets: ["Pipelines"]),
        .library(name: "PipelineTesting", targets: ["PipelineTesting"]),
    ],
    traits: [
        .trait(
            name: "Web", description: "The analysts' pages, `pipeline serve`; without it nothing of the web server is fetched or built."),
        .trait(
            name: "Remote",
            description:
                "Language models behind HTTP (Amazon Bedrock, OpenAI-compatible servers); without it only recorded and embedded ones."),
        .default(enabledTraits: ["Web", "Remote"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"]), .brew(["libxml2"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"]), .brew(["isa-l"])]),
        // No library: a header, whose functions go inline.
        .systemLibrary(name: "CInline"),
        .systemLibrary(name: "CXGBoost", providers: [.apt(["libxgboost-dev"]), .brew(["xgboost"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
        .target(name: "Records", swiftSettings: settings),
        .target(
            name: "Connectors",
            dependencies: [
                "Records", "CInline", "CISAL", "CLibXML2", "CZlib",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: settings),
        .target(
            name: "Models",
            dependencies: ["Records", "CInline", "CXGBoost", "COpenBLAS", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: settings),
        .target(
            name: "RemoteModels",
            dependencies: [
                "Records", "Models",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "AsyncHTTPClient", package: "async-http-client", condition: .when(traits: ["Remote"])),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Remote"])),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Remote"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Remote"])),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["Remote"])),
            ],
            swiftSettings: settings),
        .target(
            name: "Pipelines",
            dependencies: [
                "Records", "Connectors", "Models",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "PipelineTesting",
            dependencies: ["Records", "Connectors", "Models", "Pipelines", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings),
        .target(
            name: "ReviewWeb",
            dependencies: [
                "Records", "Connectors", "Pipelines",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Web"])),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["Web"])),
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Web"])),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Web"])),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "pipeline",
            dependencies: [
                "Records", "Connectors", "Models", "Pipelines", "RemoteModels",
                .target(name: "ReviewWeb", condition: .when(traits: ["Web"])),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        // Runs a job with a bug planted in the engine, for the tests that must find it; part of no product.
        .executableTarget(
            name: "pipeline-faulty",
            dependencies: ["Records", "Connectors", "Pipelines", .product(name: "GRDBSQLite", package: "GRDB.swift")], path: "Tests/Faulty",
            swiftSettings: settings),
        .testTarget(name: "RecordsTests", dependencies: ["Records"], swiftSettings: settings),
        .testTarget(
            name: "ConnectorsTests",
            dependencies: ["Connectors", "PipelineTesting", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings),
        .testTarget(name: "ModelsTests", dependencies: ["Models", "PipelineTesting", "CInline"], swiftSettings: settings),
        .testTarget(
            name: "RemoteModelsTests",
            dependencies: [
                "RemoteModels", "Models", "Records", "PipelineTesting",
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Remote"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Remote"])),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["Remote"])),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "PipelinesTests",
            dependencies: ["Pipelines", "PipelineTesting", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "pipeline", "pipeline-faulty", "Connectors", "Models", "Pipelines", "PipelineTesting", "Records",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ReviewWebTests",
            dependencies: [
                "ReviewWeb", "pipeline", "Connectors", "Models", "Pipelines", "PipelineTesting", "Records",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

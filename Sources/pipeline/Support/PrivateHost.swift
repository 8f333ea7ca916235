#if Remote
    import RemoteModels

    /// Whether a host and port, as the ledger has them, are this machine or a network of one's own.
    enum PrivateHost {
        static func isOwn(_ authority: String) -> Bool { (try? Endpoint("http://\(authority)"))?.isPrivate ?? false }
    }
#endif

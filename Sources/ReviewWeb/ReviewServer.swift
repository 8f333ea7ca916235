#if Web
    import Connectors
    import Dispatch
    import HTTPTypes
    import Hummingbird
    import Logging
    import NIOCore
    import Pipelines
    import Records

    /// The pages behind HTTP on this machine's loopback, and nowhere else. All it does itself is carry requests and replies.
    package struct ReviewServer: Sendable {
        let site: Site
        let port: Int
        /// Reads and writes of the database block: they get threads of their own, as many as the cores.
        private let queue = DispatchQueue(label: "pipeline pages", attributes: .concurrent)

        /// - Parameter port: 1...65535.
        package init(site: Site, port: Int) { (self.site, self.port) = (site, port) }

        /// Longest form taken, in bytes: a reason has at most 2,000 characters.
        static let longestForm = 64 * 1_024

        /// Serves until SIGTERM or SIGINT; requests that have begun are answered first.
        ///
        /// - Parameter onStart: called once connections are taken.
        /// - Throws: a port that is taken or may not be used (exit 75).
        package func run(onStart: @escaping @Sendable () -> Void) async throws {
            var logger = Logger(label: "pipeline.serve")
            logger.logLevel = .error
            let application = Application(
                responder: CallbackResponder<BasicRequestContext> { request, _ in try await self.respond(to: request) },
                configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
                onServerRunning: { _ in onStart() }, logger: logger)
            do {
                try await application.runService()
            } catch let error as IOError {
                throw Failure.serverPort(port, cause: error.description)
            }
        }

        private func respond(to request: Request) async throws -> Response {
            var fields: [String: String] = [:]
            for field in request.headers { fields[field.name.canonicalName] = field.value }
            fields["host"] = request.head.authority
            var body = ""
            if request.method == .post {
                guard let form = try? await request.body.collect(upTo: Self.longestForm) else {
                    return Self.response(PageReply.plain(413, "This form is too long."), method: request.method)
                }
                body = String(buffer: form)
            }
            let asked = PageRequest(
                method: request.method.rawValue, target: request.head.path ?? "/", headers: fields, body: body)
            let reply = await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: site.reply(to: asked)) }
            }
            return Self.response(reply, method: request.method)
        }

        private static func response(_ reply: PageReply, method: HTTPRequest.Method) -> Response {
            var fields = HTTPFields()
            for header in reply.headers {
                if let name = HTTPField.Name(header.name) { fields.append(HTTPField(name: name, value: header.value)) }
            }
            let body = ResponseBody(byteBuffer: ByteBuffer(string: reply.body))
            let response = Response(status: .init(code: reply.status), headers: fields, body: body)
            return method == .head ? response.createHeadResponse() : response
        }
    }

    extension Failure {
        static func serverPort(_ port: Int, cause: String) -> Failure {
            Failure(
                .tryAgain, code: "serve.port", what: "the port cannot be used", found: "\(port)", expected: "a free port of 127.0.0.1",
                remedy: "Another program may hold it; name another with --port.", cause: cause)
        }
    }
#endif

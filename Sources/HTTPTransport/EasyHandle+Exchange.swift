import CCurl

/// From what libcurl and the callbacks know to what the caller gets.
extension EasyHandle {
    /// The facts of a try that ended, or, where libcurl has said nothing, is about to be ended.
    func facts(_ end: TransferEnd?, isCancelled: Bool = false) -> TransferFacts {
        TransferFacts(
            end: end, isCancelled: isCancelled, reachedRequest: state.prerequestCalls > 0, stop: state.stop,
            sentBytes: count(CURLINFO_REQUEST_SIZE) - state.requestSizeBefore, headerBytes: state.head.byteCount,
            headerEnded: state.head.hasEnded, isOversized: state.isOversized, isOpenEnded: isOpenEnded,
            alert: state.tls?.alert, isReused: state.isReused, proxyStatus: count(CURLINFO_HTTP_CONNECTCODE))
    }

    /// The exchange those facts make.
    func exchange(_ facts: TransferFacts, _ code: CURLcode) -> HTTPExchange {
        switch facts.verdict {
        case .answered: return .answered(answer)
        case .failed(let kind): return .failed(failure(kind, facts, code))
        case .sendOnFreshConnection: return .failed(failure(.reset, facts, code))
        }
    }

    /// The exchange of a transfer under way when the loop broke.
    func exchange(brokenBy error: HTTPTransportError) -> HTTPExchange {
        let facts = facts(nil)
        return .failed(
            HTTPFailure(
                kind: .other, mayHaveLeft: facts.mayHaveLeft, message: error.message, duration: duration,
                tlsAlert: facts.alert))
    }

    private var duration: Duration { submission.map { ContinuousClock.now - $0.startedAt } ?? .zero }

    /// RFC 9112 §9.8: a response that is neither chunked nor has a length 'is complete only if a valid closure alert has
    /// been received'; libcurl 7.88 takes any end for a proper one.
    private var isOpenEnded: Bool {
        var length: curl_off_t = -1
        _ = rollcall_easy_get_offset(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length)
        guard length < 0, state.tls?.isCloseNotified != true else { return false }
        let hasNoBody = [204, 304].contains(count(CURLINFO_RESPONSE_CODE))
        return !hasNoBody && HTTPHeaders(lines: state.head.lines).value(of: "Transfer-Encoding") == nil
    }

    private var answer: HTTPAnswer { answer(with: state.body) }

    private func answer(with body: [UInt8]) -> HTTPAnswer {
        HTTPAnswer(
            status: count(CURLINFO_RESPONSE_CODE), headers: HTTPHeaders(lines: state.head.lines), body: body,
            duration: duration, reusedConnection: state.isReused)
    }

    private func failure(_ kind: HTTPFailure.Kind, _ facts: TransferFacts, _ code: CURLcode) -> HTTPFailure {
        HTTPFailure(
            kind: kind, mayHaveLeft: facts.mayHaveLeft,
            message: HTTPFailure.message(for: kind, alert: facts.alert, detail: detail(of: code)),
            duration: duration, tlsAlert: facts.alert,
            head: kind == .oversized && facts.headerEnded ? answer(with: []) : nil)
    }
}

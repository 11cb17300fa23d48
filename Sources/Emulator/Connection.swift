import HummingbirdCore
import NIOCore
import NIOHTTPTypes

/// One client connection: its HTTP channel, and the places in its pipeline from which faults act.
struct Connection: ServerChildChannelValue {
    let http: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
    let controls: ConnectionControls

    var channel: any Channel { http.channel }
}

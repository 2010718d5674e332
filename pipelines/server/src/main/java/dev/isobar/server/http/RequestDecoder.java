package dev.isobar.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Decodes requests. The usual one, a whole {@code POST} of plain JSON with its length, is found by {@link PlainHead} and handed over as bytes; whatever is not that for
 * certain goes the general way, through Netty's decoder. A connection is back on the short way as soon as that decoder is between two requests. One per connection.
 */
final class RequestDecoder extends HttpRequestDecoder {
    /** Larger requests are rare, and copying them is what they take longest for. */
    private static final int LONGEST = 64 << 10;

    private static final ThreadLocal<byte[]> BYTES = ThreadLocal.withInitial(() -> new byte[LONGEST]);

    private final ModelServer server;
    private final RequestHandler handler;
    private final PlainHead head = new PlainHead();
    /** The general decoder has read whole requests and nothing of another. */
    private boolean between = true;
    /** Since the connection last had nothing to read. */
    private boolean taken;

    RequestDecoder(ModelServer server, RequestHandler handler) {
        this.server = server;
        this.handler = handler;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (between && actualReadableBytes() == 0 && message instanceof ByteBuf bytes && takeAll(bytes)) {
            bytes.release();
            return;
        }
        super.channelRead(ctx, message);
    }

    /** Takes plain requests off the front; true if nothing is left. */
    private boolean takeAll(ByteBuf bytes) {
        int length = bytes.readableBytes();
        if (length > LONGEST) {
            return false;
        }
        byte[] b = BYTES.get();
        bytes.getBytes(bytes.readerIndex(), b, 0, length);
        int at = 0;
        while (at < length) {
            Routes routes = handler.routes();
            if (!head.read(b, at, length, routes)
                    || head.length() > server.configuration.maxBodyBytes()
                    || head.length() > length - head.body()
                    || !handler.plain(head.route(), b, head.body(), head.length())) {
                break;
            }
            taken = true;
            at = head.body() + head.length();
        }
        bytes.skipBytes(at);
        return at == length;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        if (taken && actualReadableBytes() == 0) {
            // Netty's decoder asks for more where it has decoded nothing, also from a connection that is not to be
            // read.
            taken = false;
            ctx.fireChannelReadComplete();
            return;
        }
        taken = false;
        super.channelReadComplete(ctx);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        int decoded = out.size();
        int from = in.readerIndex();
        super.decode(ctx, in, out);
        if (out.size() > decoded) {
            between = out.get(out.size() - 1) instanceof LastHttpContent last
                    && last.decoderResult().isSuccess();
        } else if (in.readerIndex() != from) {
            between = false;
        }
    }
}

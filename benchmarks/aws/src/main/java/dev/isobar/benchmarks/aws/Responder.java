package dev.isobar.benchmarks.aws;

import dev.isobar.benchmarks.layer.Arrived;
import dev.isobar.benchmarks.layer.Content;
import dev.isobar.benchmarks.layer.Other;
import dev.isobar.event.Event;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Answers what the comparison asks of Kinesis and S3 at once, without keeping anything but a digest: HTTP/1.1, one thread. No emulator: signatures, names and
 * checksums are not looked at. Keys that end with {@code file} are the large object, others the small one.
 */
final class Responder {
    private static final String LARGE = "file";
    private static final String TAG = "\"0123456789abcdef0123456789abcdef-8\"";

    private final Arrived arrived = new Arrived();
    private final KinesisAnswers kinesis;
    private final ByteBuf object = buffer(Content.object());
    private final ByteBuf[] parts = new ByteBuf[Content.PARTS];
    private final String[] checksums = new String[Content.PARTS];
    private final String objectChecksum = checksum(Content.object());

    private Responder(Function<Event, byte[]> envelope) {
        kinesis = new KinesisAnswers(envelope);
        for (int i = 0; i < parts.length; i++) {
            byte[] part = Content.part(i + 1);
            parts[i] = buffer(part);
            checksums[i] = checksum(part);
        }
    }

    /** Listens on a free port of loopback, which it returns. */
    static int start(Function<Event, byte[]> envelope) {
        Responder responder = new Responder(envelope);
        Channel listening = new ServerBootstrap()
                .group(new NioEventLoopGroup(1))
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(new HttpServerCodec(4096, 16384, 1 << 16))
                                .addLast(responder.new Exchange());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
        return ((InetSocketAddress) listening.localAddress()).getPort();
    }

    private static ByteBuf buffer(byte[] bytes) {
        return Unpooled.unreleasableBuffer(Unpooled.directBuffer(bytes.length).writeBytes(bytes));
    }

    private static String checksum(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return Base64.getEncoder()
                .encodeToString(
                        ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    /** One connection: a request after the other. */
    private final class Exchange extends SimpleChannelInboundHandler<HttpObject> {
        private @Nullable HttpRequest request;
        private @Nullable ByteArrayOutputStream body;
        private @Nullable Upload upload;

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) throws IOException {
            if (message instanceof HttpRequest r) {
                request = r;
                body = null;
                upload = null;
                if (r.method() == HttpMethod.PUT) {
                    String digest = r.headers().get("x-amz-content-sha256", "");
                    upload = new Upload(digest.startsWith("STREAMING-"));
                } else {
                    body = new ByteArrayOutputStream();
                }
            }
            if (message instanceof HttpContent content) {
                if (upload != null) {
                    upload.add(content.content());
                } else {
                    content.content()
                            .readBytes(
                                    Objects.requireNonNull(body),
                                    content.content().readableBytes());
                }
            }
            if (message instanceof LastHttpContent) {
                answer(ctx, Objects.requireNonNull(request));
            }
        }

        private void answer(ChannelHandlerContext ctx, HttpRequest request) throws IOException {
            String target = request.headers().get("x-amz-target");
            byte[] content = body == null ? new byte[0] : body.toByteArray();
            if (target != null) {
                byte[] answer = kinesis.answer(target.substring(target.indexOf('.') + 1), content, arrived);
                full(ctx, Unpooled.wrappedBuffer(answer), Map.of("content-type", "application/x-amz-cbor-1.1"));
                return;
            }
            if (request.uri().equals(Other.ARRIVED)) {
                full(ctx, text(arrived.take()), Map.of());
                return;
            }
            QueryStringDecoder uri = new QueryStringDecoder(request.uri());
            String key = uri.path();
            Map<String, List<String>> query = uri.parameters();
            String part =
                    query.containsKey("partNumber") ? query.get("partNumber").get(0) : "";
            if (upload != null) {
                arrived.object(key + part, upload.length(), upload.checksum());
                full(ctx, Unpooled.EMPTY_BUFFER, Map.of("etag", TAG));
            } else if (request.method() == HttpMethod.POST) {
                full(ctx, text(query.containsKey("uploads") ? begun(key) : completed(key)), Map.of());
            } else if (request.method() == HttpMethod.HEAD) {
                head(ctx, key.endsWith(LARGE) ? Content.FILE : Content.OBJECT);
            } else if (!key.endsWith(LARGE)) {
                full(
                        ctx,
                        object.duplicate(),
                        Map.of("etag", TAG, "x-amz-checksum-crc32", objectChecksum, "accept-ranges", "bytes"));
            } else {
                part(ctx, Integer.parseInt(part));
            }
        }

        private void part(ChannelHandlerContext ctx, int number) {
            long from = (long) (number - 1) * Content.PART;
            HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.PARTIAL_CONTENT);
            HttpHeaders headers = response.headers();
            headers.set("content-length", Content.PART)
                    .set("etag", TAG)
                    .set("accept-ranges", "bytes")
                    .set("x-amz-mp-parts-count", Content.PARTS)
                    .set("x-amz-checksum-crc32", checksums[number - 1])
                    .set("content-range", "bytes " + from + "-" + (from + Content.PART - 1) + "/" + Content.FILE);
            ctx.write(response);
            ctx.write(parts[number - 1].duplicate());
            ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        }

        private void head(ChannelHandlerContext ctx, long bytes) {
            HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            response.headers().set("content-length", bytes).set("etag", TAG).set("accept-ranges", "bytes");
            ctx.write(response);
            ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        }

        private void full(ChannelHandlerContext ctx, ByteBuf content, Map<String, String> headers) {
            FullHttpResponse response =
                    new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, content);
            headers.forEach(response.headers()::set);
            response.headers()
                    .set("content-length", content.readableBytes())
                    .set("x-amz-request-id", "00000000-0000-0000-0000-000000000000")
                    .set("x-amzn-requestid", "00000000-0000-0000-0000-000000000000");
            ctx.writeAndFlush(response);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            cause.printStackTrace();
            ctx.close();
        }
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }

    private static String begun(String key) {
        return "<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>b</Bucket><Key>"
                + key + "</Key><UploadId>upload</UploadId></InitiateMultipartUploadResult>";
    }

    private static String completed(String key) {
        return "<CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>b</Bucket><Key>"
                + key + "</Key><ETag>" + TAG + "</ETag></CompleteMultipartUploadResult>";
    }
}

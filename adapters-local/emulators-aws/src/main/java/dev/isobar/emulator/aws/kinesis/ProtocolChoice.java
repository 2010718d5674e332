package dev.isobar.emulator.aws.kinesis;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sees from a connection's first bytes whether it speaks HTTP/2 (with prior knowledge, as the SDK does without TLS) or HTTP/1.1. */
final class ProtocolChoice extends ByteToMessageDecoder {
    private static final Logger LOG = LoggerFactory.getLogger(ProtocolChoice.class);
    private static final byte[] PREFACE = {'P', 'R', 'I'};
    private static final int MAX_BODY = 32 << 20;
    private static final int WINDOW = 4 << 20;
    private static final int STREAMS = 1_000;

    private final Supplier<Frontend> frontends;

    ProtocolChoice(Supplier<Frontend> frontends) {
        this.frontends = frontends;
    }

    /** For every connection that comes. */
    static ChannelInitializer<SocketChannel> initializer(Supplier<Frontend> frontends) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(new ProtocolChoice(frontends));
            }
        };
    }

    /** Ends a connection that turned out to speak neither. */
    private static final class Broken extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.debug("a connection failed", cause);
            context.close();
        }
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        boolean two = true;
        for (int i = 0; i < PREFACE.length && two; i++) {
            if (in.readableBytes() == i) {
                return;
            }
            two = in.getByte(in.readerIndex() + i) == PREFACE[i];
        }
        ChannelPipeline pipeline = context.pipeline();
        if (two) {
            pipeline.addLast(Http2FrameCodecBuilder.forServer()
                    .initialSettings(Http2Settings.defaultSettings()
                            .initialWindowSize(WINDOW)
                            .maxConcurrentStreams(STREAMS))
                    .build());
            pipeline.addLast(new Http2MultiplexHandler(new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel stream) {
                    stream.pipeline()
                            .addLast(new Http2StreamFrameToHttpObjectCodec(true))
                            .addLast(new HttpObjectAggregator(MAX_BODY))
                            .addLast(frontends.get());
                }
            }));
            pipeline.addLast(new Broken());
        } else {
            pipeline.addLast(new HttpServerCodec())
                    .addLast(new HttpServerKeepAliveHandler())
                    .addLast(new HttpObjectAggregator(MAX_BODY))
                    .addLast(frontends.get());
        }
        pipeline.remove(this);
    }
}

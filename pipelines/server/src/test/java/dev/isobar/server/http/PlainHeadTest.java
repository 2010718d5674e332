package dev.isobar.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The short way to a request's head")
class PlainHeadTest {
    private static final String USUAL = "POST /invocations HTTP/1.1\r\nHost: a\r\nUser-Agent: x/1\r\n"
            + "Content-Type: application/json\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\n";

    private final Routes routes = new Routes(ServerConfiguration.ofDefaults("127.0.0.1", 0), null);
    private final PlainHead head = new PlainHead();

    @Test
    @DisplayName("knows the usual request, wherever it begins")
    void theUsualRequestIsKnown() {
        byte[] bytes = ("xxx" + USUAL + "{\"a\":1}").getBytes(StandardCharsets.US_ASCII);
        assertThat(head.read(bytes, 3, bytes.length, routes)).isTrue();
        assertThat(head.route()).isEqualTo(Route.INVOCATIONS);
        assertThat(head.body()).isEqualTo(3 + USUAL.length());
        assertThat(head.length()).isEqualTo(7);
    }

    @ParameterizedTest
    @DisplayName("leaves to others whatever changes how a request is to be read")
    @ValueSource(
            strings = {
                "Connection: close",
                "Transfer-Encoding: chunked",
                "Content-Encoding: gzip",
                "Expect: 100-continue",
                "Upgrade: h2c",
                "Content-Length: 7",
                "Content-Type: text/csv",
                "Content-Type: application/json; charset=latin1",
                " folded: x",
                "Bad Name: x",
                "X: \u0001",
                "X: \u00e9",
                "no colon"
            })
    void whatIsNotPlainIsLeftToOthers(String header) {
        byte[] bytes = USUAL.replace("Host: a", header).getBytes(StandardCharsets.ISO_8859_1);
        assertThat(head.read(bytes, 0, bytes.length, routes)).isFalse();
    }

    @Test
    @DisplayName("never knows a head before its end has come")
    void aPartIsNotAHead() {
        byte[] bytes = USUAL.getBytes(StandardCharsets.US_ASCII);
        for (int end = 0; end < bytes.length; end++) {
            assertThat(head.read(bytes, 0, end, routes)).as("%d bytes", end).isFalse();
        }
        assertThat(head.read(bytes, 0, bytes.length, routes)).isTrue();
    }

    @Test
    @DisplayName("knows nothing that Netty's decoder reads otherwise")
    void whatItKnowsNettyReadsAlike() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<String> pieces = List.of(
                "\r\n",
                "\r",
                "\n",
                ":",
                " ",
                "\t",
                "Content-Length: 3\r\n",
                "content-length:5\r\n",
                "0",
                "é",
                "\u0000",
                "Connection: Keep-Alive\r\n",
                "Transfer-Encoding: chunked\r\n",
                "X-Y: z\r\n",
                "connection: close\r\n");
        int known = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(USUAL);
            for (int n = random.nextInt(4); n > 0; n--) {
                int at = random.nextInt(text.length());
                if (random.nextBoolean()) {
                    text.deleteCharAt(at);
                } else {
                    text.insert(at, pieces.get(random.nextInt(pieces.size())));
                }
            }
            byte[] bytes = (text + "{\"a\":12}").getBytes(StandardCharsets.ISO_8859_1);
            if (!head.read(bytes, 0, bytes.length, routes) || head.length() > bytes.length - head.body()) {
                continue;
            }
            known++;
            EmbeddedChannel netty = new EmbeddedChannel(new HttpRequestDecoder(), new HttpObjectAggregator(1 << 20));
            netty.writeInbound(Unpooled.copiedBuffer(bytes, 0, head.body() + head.length()));
            FullHttpRequest request = netty.readInbound();
            assertThat(request).as(text.toString()).isNotNull();
            assertThat(request.decoderResult().isSuccess()).as(text.toString()).isTrue();
            assertThat(request.method()).isEqualTo(HttpMethod.POST);
            assertThat(request.protocolVersion()).isEqualTo(HttpVersion.HTTP_1_1);
            assertThat(routes.find(true, false, request.uri())).isEqualTo(head.route());
            assertThat(HttpUtil.isKeepAlive(request)).as(text.toString()).isTrue();
            assertThat(request.content().toString(StandardCharsets.ISO_8859_1))
                    .isEqualTo(new String(bytes, head.body(), head.length(), StandardCharsets.ISO_8859_1));
            assertThat(netty.<Object>readInbound()).isNull();
            request.release();
            netty.finishAndReleaseAll();
        }
        assertThat(known).isBetween(1, 19_999);
    }
}

package dev.isobar.emulator.aws.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.emulator.aws.wire.EmulatorServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a raw client, which can say what the SDK never would. */
@DisplayName("The emulated S3")
class S3ServiceTest {
    private static final String SIGNED =
            "AWS4-HMAC-SHA256 Credential=k/20260101/eu-central-1/s3/aws4_request, SignedHeaders=host, Signature=0";

    @TempDir
    Path home;

    private final HttpClient http = HttpClient.newHttpClient();
    private EmulatorServer server;

    @BeforeEach
    void start() throws Exception {
        server = EmulatorServer.start(0, List.of(new S3Service(home)));
        assertThat(send("PUT", "/bucket", "").statusCode()).isEqualTo(200);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpRequest request(String method, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.uri() + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .header("Authorization", SIGNED);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request.build();
    }

    private HttpResponse<String> send(String method, String path, String body, String... headers) throws Exception {
        return http.send(request(method, path, body, headers), HttpResponse.BodyHandlers.ofString());
    }

    private void refuses(int status, String code, HttpResponse<String> answer) {
        assertThat(answer.body()).contains("<Code>" + code + "</Code>");
        assertThat(answer.statusCode()).isEqualTo(status);
    }

    @Test
    @DisplayName("lets exactly one of many writers of one version win")
    void atomic() throws Exception {
        String etag =
                send("PUT", "/bucket/k", "base").headers().firstValue("ETag").orElseThrow();
        for (int round = 0; round < 20; round++) {
            List<CompletableFuture<HttpResponse<String>>> sent = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                sent.add(http.sendAsync(
                        request("PUT", "/bucket/k", round + " of " + i, "If-Match", etag),
                        HttpResponse.BodyHandlers.ofString()));
            }
            List<String> won = new ArrayList<>();
            for (CompletableFuture<HttpResponse<String>> each : sent) {
                if (each.get().statusCode() == 200) {
                    won.add(each.get().headers().firstValue("ETag").orElseThrow());
                } else {
                    refuses(412, "PreconditionFailed", each.get());
                }
            }
            assertThat(won).hasSize(1);
            etag = won.get(0);
        }
    }

    @Test
    @DisplayName("refuses content that is not what its checksum, digest or framing says")
    void damaged() throws Exception {
        refuses(400, "BadDigest", send("PUT", "/bucket/k", "x", "x-amz-checksum-crc32", "AAAAAA=="));
        refuses(400, "BadDigest", send("PUT", "/bucket/k", "x", "Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="));
        refuses(
                400,
                "XAmzContentSHA256Mismatch",
                send("PUT", "/bucket/k", "x", "x-amz-content-sha256", "0".repeat(64)));
        String[] streamed = {
            "x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length", "1"
        };
        assertThat(send("PUT", "/bucket/k", "1\r\nx\r\n0\r\n\r\n", streamed).statusCode())
                .isEqualTo(200);
        assertThat(send("GET", "/bucket/k", "").body()).isEqualTo("x");
        refuses(400, "IncompleteBody", send("PUT", "/bucket/k", "2\r\nxy\r\n0\r\n\r\n", streamed));
        refuses(400, "IncompleteBody", send("PUT", "/bucket/k", "9\r\nx", streamed));
        refuses(
                400,
                "BadDigest",
                send("PUT", "/bucket/k", "1\r\nx\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", streamed));
    }

    @Test
    @DisplayName("refuses what it does not do instead of doing something else")
    void notImplemented() throws Exception {
        refuses(501, "NotImplemented", send("PUT", "/bucket/k?tagging", "<Tagging/>"));
        refuses(501, "NotImplemented", send("GET", "/bucket", ""));
        refuses(501, "NotImplemented", send("PUT", "/bucket/k", "x", "If-None-Match", "\"etag\""));
        refuses(404, "NoSuchBucket", send("GET", "/other/k", ""));
        refuses(404, "NoSuchUpload", send("PUT", "/bucket/k?partNumber=1&uploadId=none", "x"));
        refuses(400, "InvalidBucketName", send("PUT", "/B", ""));
        refuses(409, "BucketAlreadyOwnedByYou", send("PUT", "/bucket", ""));
    }

    @Test
    @DisplayName("puts parts together that are large enough and in order")
    void parts() throws Exception {
        String begun = send("POST", "/bucket/k?uploads", "").body();
        String id = begun.replaceAll("(?s).*<UploadId>(.*)</UploadId>.*", "$1");
        String part = "/bucket/k?uploadId=" + id + "&partNumber=";
        String small = send("PUT", part + 1, "x").headers().firstValue("ETag").orElseThrow();
        String last = send("PUT", part + 2, "y").headers().firstValue("ETag").orElseThrow();
        String one = "<Part><PartNumber>1</PartNumber><ETag>" + small + "</ETag></Part>";
        String two = "<Part><PartNumber>2</PartNumber><ETag>" + last + "</ETag></Part>";
        String complete = "/bucket/k?uploadId=" + id;
        refuses(
                400,
                "EntityTooSmall",
                send("POST", complete, "<CompleteMultipartUpload>" + one + two + "</CompleteMultipartUpload>"));
        refuses(400, "InvalidPart", send("POST", complete, "<C>" + one.replace(small, last) + "</C>"));
        String large = "z".repeat(5 << 20);
        String first = send("PUT", part + 1, large).headers().firstValue("ETag").orElseThrow();
        one = one.replace(small, first);
        refuses(400, "InvalidPartOrder", send("POST", complete, "<C>" + two + one + "</C>"));
        assertThat(send("POST", complete, "<C>" + one + two + "</C>").statusCode())
                .isEqualTo(200);
        assertThat(send("GET", "/bucket/k", "").body()).isEqualTo(large + "y");
        HttpResponse<String> second = send("GET", "/bucket/k?partNumber=2", "");
        assertThat(second.body()).isEqualTo("y");
        assertThat(second.statusCode()).isEqualTo(206);
        assertThat(second.headers().firstValue("Content-Range")).contains("bytes 5242880-5242880/5242881");
        refuses(404, "NoSuchUpload", send("POST", complete, "<C>" + one + two + "</C>"));
    }

    @Test
    @DisplayName("serves again what an earlier process stored")
    void restart() throws Exception {
        send("PUT", "/bucket/a", "1", "x-amz-meta-who", "me");
        send("PUT", "/bucket/a", "2", "x-amz-meta-who", "you");
        send("PUT", "/bucket/b", "3");
        send("DELETE", "/bucket/b", "");
        server.close();

        server = EmulatorServer.start(0, List.of(new S3Service(home)));
        HttpResponse<String> a = send("GET", "/bucket/a", "");
        assertThat(a.body()).isEqualTo("2");
        assertThat(a.headers().firstValue("x-amz-meta-who")).contains("you");
        refuses(404, "NoSuchKey", send("GET", "/bucket/b", ""));
    }
}

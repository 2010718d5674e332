package dev.isobar.emulator.aws.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.TreeMap;

/** Calls of AWS's JSON protocol with any headers and any body, as no SDK would make them. Thread safe. */
public final class RawCalls {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final URI endpoint;
    private final String target;
    private final String signed;

    /**
     * To a service of region us-east-1.
     *
     * @param target what its operations' targets begin with, such as {@code Kinesis_20131202}
     * @param service as signatures name it
     */
    public RawCalls(URI endpoint, String target, String service) {
        this.endpoint = endpoint;
        this.target = target;
        this.signed = "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/" + service
                + "/aws4_request, SignedHeaders=host, Signature=0";
    }

    /** What an {@code Authorization} says. */
    public String signed() {
        return signed;
    }

    /** Makes a call. */
    public HttpResponse<String> call(Map<String, String> headers, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(endpoint).POST(HttpRequest.BodyPublishers.ofString(body));
        new TreeMap<>(headers).forEach(request::header);
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Makes a signed call that is refused with status 400. */
    public HttpResponse<String> refused(String type, String operation, String body) throws Exception {
        return refused(400, type, Map.of("X-Amz-Target", target + "." + operation, "Authorization", signed), body);
    }

    /** Makes a call that is refused. */
    public HttpResponse<String> refused(int status, String type, Map<String, String> headers, String body)
            throws Exception {
        HttpResponse<String> response = call(headers, body);
        assertThat(response.body()).contains("\"__type\":\"" + type + "\"");
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("x-amzn-errortype")).contains(type);
        return response;
    }
}

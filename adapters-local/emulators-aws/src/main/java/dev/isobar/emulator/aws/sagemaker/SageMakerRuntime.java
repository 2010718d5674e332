package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.serving.Replica;
import dev.isobar.emulator.aws.wire.WireRequest;
import dev.isobar.emulator.aws.wire.WireResponse;
import dev.isobar.emulator.aws.wire.WireService;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SageMaker's data plane: {@code POST /endpoints/NAME/invocations}, passed on to a process of the variant that was drawn.
 *
 * <p>Words seen from the service: "Endpoint … of account … not found." (aws/amazon-sagemaker-examples#293; also while it is created). Not verified: the
 * words for an unknown target variant and for a variant without a healthy instance.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html">InvokeEndpoint</a>
 */
final class SageMakerRuntime implements WireService {
    private static final Logger LOG = LoggerFactory.getLogger(SageMakerRuntime.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern PATH = Pattern.compile("/endpoints/([^/]+)/invocations");
    private static final int MAX_PAYLOAD = 6 * 1024 * 1024;
    private static final int ATTEMPTS = 3;
    private static final String CUSTOM = "X-Amzn-SageMaker-Custom-Attributes";

    private final Endpoints endpoints;
    private final Containers containers;
    private final String account;
    private final Duration timeout;

    SageMakerRuntime(Endpoints endpoints, Containers containers, String account, Duration timeout) {
        this.endpoints = endpoints;
        this.containers = containers;
        this.account = account;
        this.timeout = timeout;
    }

    @Override
    public boolean takes(WireRequest request) {
        return request.method().equals("POST") && PATH.matcher(request.path()).matches();
    }

    @Override
    public WireResponse answer(WireRequest request) throws IOException, InterruptedException {
        Matcher path = PATH.matcher(request.path());
        String name = path.matches() ? path.group(1) : "";
        if (request.body().length > MAX_PAYLOAD) {
            return error(
                    400,
                    "ValidationError",
                    "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length"
                            + " less than or equal to " + MAX_PAYLOAD);
        }
        String target = request.header("x-amzn-sagemaker-target-variant");
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            // Chosen anew each time: between choice and call the fleet may have been replaced.
            Optional<Fleet> fleet = endpoints.serving(name).flatMap(EndpointRun::choose);
            if (fleet.isEmpty()) {
                return error(400, "ValidationError", "Endpoint " + name + " of account " + account + " not found.");
            }
            Optional<Variant> variant = fleet.get().choose(target);
            if (variant.isEmpty()) {
                return error(
                        400,
                        "ValidationError",
                        target == null
                                ? "No production variant of endpoint " + name + " has a weight above 0."
                                : "Variant " + target + " of endpoint " + name + " not found.");
            }
            Optional<Replica> instance = variant.get().begin();
            if (instance.isPresent()) {
                try {
                    return invoke(request, name, variant.get(), instance.get());
                } catch (ConnectException e) {
                    LOG.debug("An instance of {} has just died; nothing was sent, so another one is asked", name, e);
                } finally {
                    instance.get().end();
                }
            }
        }
        return error(503, "ServiceUnavailable", "Endpoint " + name + " has no healthy instance for this invocation.");
    }

    private WireResponse invoke(WireRequest request, String name, Variant variant, Replica instance)
            throws IOException, InterruptedException {
        try {
            return passed(send(request, instance), name, variant);
        } catch (ConnectException e) {
            throw e;
        } catch (HttpTimeoutException e) {
            return modelError(
                    name,
                    0,
                    "Your invocation timed out while waiting for a response from container primary. Review the latency"
                            + " metrics for each container in Amazon CloudWatch, resolve the issue, and try again.");
        } catch (IOException e) {
            return modelError(name, 0, "The container closed the connection: " + e.getMessage());
        }
    }

    private HttpResponse<byte[]> send(WireRequest request, Replica instance) throws IOException, InterruptedException {
        HttpRequest.Builder builder = HttpRequest.newBuilder(instance.uri("/invocations"))
                .timeout(timeout)
                .POST(HttpRequest.BodyPublishers.ofByteArray(request.body()));
        header(builder, "Content-Type", request.header("content-type"));
        header(builder, "Accept", request.header("accept"));
        header(builder, CUSTOM, request.header("x-amzn-sagemaker-custom-attributes"));
        header(builder, "X-Amzn-SageMaker-Inference-Id", request.header("x-amzn-sagemaker-inference-id"));
        return containers.http().send(builder.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private WireResponse passed(HttpResponse<byte[]> response, String name, Variant variant) throws IOException {
        if (response.statusCode() / 100 != 2) {
            return modelError(name, response.statusCode(), new String(response.body(), StandardCharsets.UTF_8));
        }
        if (response.body().length > MAX_PAYLOAD) {
            return modelError(name, 0, "The response has more than " + MAX_PAYLOAD + " bytes");
        }
        Map<String, String> headers = new HashMap<>();
        headers.put("x-Amzn-Invoked-Production-Variant", variant.plan().name());
        response.headers().firstValue(CUSTOM).ifPresent(value -> headers.put(CUSTOM, value));
        return new WireResponse(
                200,
                response.headers().firstValue("Content-Type").orElse("application/octet-stream"),
                headers,
                response.body());
    }

    private WireResponse modelError(String name, int status, String said) throws IOException {
        String whose = status / 100 == 4 ? "client" : "server";
        String region = containers.host().settings().region();
        ObjectNode error = JsonNodeFactory.instance.objectNode();
        error.put(
                "Message",
                "Received " + whose + " error (" + status + ") from primary with message \"" + said + "\". See https://"
                        + region + ".console.aws.amazon.com/cloudwatch/home?region=" + region
                        + "#logEventViewer:group=/aws/sagemaker/Endpoints/" + name + " in account " + account
                        + " for more information.");
        error.put("OriginalStatusCode", status);
        error.put("OriginalMessage", said);
        error.put(
                "LogStreamArn",
                "arn:aws:logs:" + region + ":" + account + ":log-group:/aws/sagemaker/Endpoints/" + name);
        return error(424, "ModelError", error);
    }

    private static WireResponse error(int status, String type, String message) throws IOException {
        return error(status, type, JsonNodeFactory.instance.objectNode().put("Message", message));
    }

    private static WireResponse error(int status, String type, ObjectNode error) throws IOException {
        return new WireResponse(
                status, "application/json", Map.of("x-amzn-errortype", type), JSON.writeValueAsBytes(error));
    }

    private static void header(HttpRequest.Builder builder, String name, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            builder.header(name, value);
        }
    }
}

package dev.isobar.emulator.aws.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * AWS JSON 1.1: {@code POST /} with {@code X-Amz-Target: PREFIX.Operation}; an error is {@code {"__type": …, "message": …}}.
 *
 * @see <a href="https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html">the protocol</a>
 */
public abstract class JsonService implements WireService {
    /** Reads and writes the protocol's JSON. */
    protected static final JsonMapper JSON = JsonMapper.builder().build();

    private static final String CONTENT_TYPE = "application/x-amz-json-1.1";

    private final String prefix;
    private final Map<String, Function<ObjectNode, ObjectNode>> operations = new TreeMap<>();

    /** @param prefix of the target header, such as {@code SageMaker} */
    protected JsonService(String prefix) {
        this.prefix = prefix + ".";
    }

    /** Names an operation; for constructors. */
    protected final void operation(String name, Function<ObjectNode, ObjectNode> handler) {
        operations.put(name, handler);
    }

    /** An empty answer. */
    protected static ObjectNode object() {
        return JSON.createObjectNode();
    }

    @Override
    public final boolean takes(WireRequest request) {
        String target = request.header("x-amz-target");
        return target != null && target.startsWith(prefix);
    }

    @Override
    public final WireResponse answer(WireRequest request) throws JsonProcessingException {
        try {
            String target = request.header("x-amz-target");
            Function<ObjectNode, ObjectNode> handler =
                    target == null ? null : operations.get(target.substring(prefix.length()));
            if (handler == null) {
                throw new ServiceError(400, "UnknownOperationException", "This emulator has no operation " + target);
            }
            JsonNode body = parse(request.body());
            if (!(body instanceof ObjectNode input)) {
                throw new ServiceError(400, "SerializationException", "The body is no JSON object");
            }
            return WireResponse.of(200, CONTENT_TYPE, JSON.writeValueAsBytes(handler.apply(input)));
        } catch (ServiceError e) {
            ObjectNode error = object();
            error.put("__type", e.type());
            error.put("message", e.getMessage());
            return new WireResponse(
                    e.status(), CONTENT_TYPE, Map.of("x-amzn-errortype", e.type()), JSON.writeValueAsBytes(error));
        }
    }

    private static JsonNode parse(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (java.io.IOException e) {
            throw new ServiceError(400, "SerializationException", "The body is not JSON: " + e.getMessage());
        }
    }
}

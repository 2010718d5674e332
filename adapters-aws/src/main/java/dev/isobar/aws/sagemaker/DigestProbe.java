package dev.isobar.aws.sagemaker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sagemakerruntime.SageMakerRuntimeClient;
import software.amazon.awssdk.services.sagemakerruntime.model.InvokeEndpointResponse;
import software.amazon.awssdk.services.sagemakerruntime.model.ModelErrorException;

/**
 * Asks a variant which model it serves. SageMaker forwards nothing but scoring requests, so the question is one: its content type asks for the status. What a
 * variant said once stays so, for a model of SageMaker never changes. Thread safe.
 */
final class DigestProbe {
    private static final String STATUS_TYPE = "application/vnd.isobar.status+json";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final SageMakerRuntimeClient runtime;
    private final ConcurrentMap<String, Answer> answers = new ConcurrentHashMap<>();

    DigestProbe(SageMakerRuntimeClient runtime) {
        this.runtime = runtime;
    }

    /**
     * What a variant says.
     *
     * @param digest null if it does not say
     * @param refusal why it never will; null if it may yet
     */
    record Answer(@Nullable String digest, @Nullable String refusal) {}

    private static final Answer NOT_YET = new Answer(null, null);

    /**
     * Asks, unless it was answered before.
     *
     * @param life tells an endpoint from one that had its name before
     */
    Answer ask(String endpoint, String life, String variant, String model) {
        String key = endpoint + " " + life + " " + variant + " " + model;
        Answer known = answers.get(key);
        if (known != null) {
            return known;
        }
        Answer answer = ask(endpoint, variant);
        if (answer != NOT_YET) {
            answers.put(key, answer);
        }
        return answer;
    }

    private Answer ask(String endpoint, String variant) {
        try {
            InvokeEndpointResponse response = runtime.invokeEndpoint(r -> r.endpointName(endpoint)
                    .targetVariant(variant)
                    .contentType(STATUS_TYPE)
                    .body(SdkBytes.fromUtf8String("{}")));
            JsonNode digest = JSON.readTree(response.body().asUtf8String()).path("model_digest");
            return digest.isTextual()
                    ? new Answer(digest.textValue(), null)
                    : new Answer(null, "its status has no model_digest");
        } catch (JsonProcessingException e) {
            return new Answer(null, "what it answers to a question for its status is no JSON");
        } catch (ModelErrorException e) {
            int status = e.originalStatusCode() == null ? 500 : e.originalStatusCode();
            return status >= 500 || status == 429
                    ? NOT_YET
                    : new Answer(null, "it answers a question for its status with " + status);
        } catch (SdkException e) {
            // The endpoint is on its way from one state to the next; whoever waits asks again.
            return NOT_YET;
        }
    }

    /** Forgets an endpoint. */
    void forget(String endpoint) {
        answers.keySet().removeIf(k -> k.startsWith(endpoint + " "));
    }
}

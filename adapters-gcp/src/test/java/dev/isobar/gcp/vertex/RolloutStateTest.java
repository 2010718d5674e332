package dev.isobar.gcp.vertex;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.aiplatform.v1.DedicatedResources;
import com.google.cloud.aiplatform.v1.DeployedModel;
import com.google.cloud.aiplatform.v1.Endpoint;
import dev.isobar.gcp.vertex.EndpointRecords.Declaration;
import dev.isobar.gcp.vertex.EndpointRecords.Declared;
import dev.isobar.gcp.vertex.EndpointRecords.Progress;
import dev.isobar.gcp.vertex.Rollout.State;
import dev.isobar.port.Endpoints.Replicas;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A deployment on Vertex AI")
class RolloutStateTest {
    private static final Declared DECLARED = new Declared("v1", "model", "7", "sha256:right", new Replicas(1, 1, 0));

    @Test
    @DisplayName("whose replica is coming back is not ready, and serves no other model")
    void comingBack() {
        State state = state(0, "sha256:right");
        assertThat(state.right(DECLARED)).isFalse();
        assertThat(state.other(DECLARED)).isNull();
    }

    @Test
    @DisplayName("is ready with its replica there, and its own model")
    void ready() {
        State state = state(1, "sha256:right");
        assertThat(state.right(DECLARED)).isTrue();
        assertThat(state.other(DECLARED)).isNull();
    }

    @Test
    @DisplayName("that serves another model is never ready, and says which")
    void other() {
        State state = state(1, "sha256:wrong");
        assertThat(state.right(DECLARED)).isFalse();
        assertThat(state.other(DECLARED)).isEqualTo("sha256:wrong");
    }

    private static State state(int available, String serves) {
        Endpoint endpoint = Endpoint.newBuilder()
                .addDeployedModels(DeployedModel.newBuilder()
                        .setId(DECLARED.id())
                        .setDedicatedResources(DedicatedResources.newBuilder()
                                .setMinReplicaCount(1)
                                .setMaxReplicaCount(1))
                        .setStatus(DeployedModel.Status.newBuilder().setAvailableReplicaCount(available)))
                .build();
        return new State(
                "endpoint",
                endpoint,
                new Declaration("endpoint", List.of(DECLARED), Map.of("v1", 10_000), Map.of(), Map.of()),
                Map.of(DECLARED.id(), new Progress(null, serves)));
    }
}

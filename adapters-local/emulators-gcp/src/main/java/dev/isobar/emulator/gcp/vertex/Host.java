package dev.isobar.emulator.gcp.vertex;

import dev.isobar.emulation.process.Children;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulator.gcp.logging.LogLines;
import java.util.HashMap;
import java.util.Map;

/** What a process that stands in for a container needs of this machine, whether it trains or serves. Thread safe. */
record Host(Children children, ImageTable images, LogLines logs, VertexSettings settings) {
    /** What every container finds in its environment, besides what its own specification says. */
    Map<String, String> environment(ImageTable.Image image, Iterable<com.google.cloud.aiplatform.v1.EnvVar> given) {
        Map<String, String> environment = new HashMap<>(image.environment());
        given.forEach(v -> environment.put(v.getName(), v.getValue()));
        // Google's own convention of what stands for Cloud Storage; on the service its name leads there.
        environment.put("STORAGE_EMULATOR_HOST", settings.storage().toString());
        environment.put("CLOUD_ML_PROJECT_ID", VertexSettings.NUMBER);
        return environment;
    }
}

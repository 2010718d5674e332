package dev.isobar.gcp;

import dev.isobar.conformance.TrainingJobsSuite;
import org.junit.jupiter.api.extension.RegisterExtension;

class VertexTrainingJobsTest extends TrainingJobsSuite {
    @RegisterExtension
    static final EmulatedVertex EMULATED = new EmulatedVertex();

    @Override
    protected Platform platform() {
        return EMULATED.platform();
    }
}

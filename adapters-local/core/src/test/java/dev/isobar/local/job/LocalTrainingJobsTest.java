package dev.isobar.local.job;

import dev.isobar.conformance.TrainingJobsSuite;
import dev.isobar.local.LocalPlatform;
import dev.isobar.local.TestHome;
import org.junit.jupiter.api.extension.RegisterExtension;

class LocalTrainingJobsTest extends TrainingJobsSuite {
    @RegisterExtension
    final TestHome home = new TestHome();

    @Override
    protected Platform platform() {
        return new LocalPlatform(home.home().root());
    }
}

package dev.isobar.aws;

import dev.isobar.conformance.EndpointsSuite;
import org.junit.jupiter.api.extension.RegisterExtension;

class SageMakerEndpointsTest extends EndpointsSuite {
    @RegisterExtension
    static final EmulatedSageMaker aws = new EmulatedSageMaker();

    @Override
    protected Platform platform() {
        return aws.platform();
    }
}

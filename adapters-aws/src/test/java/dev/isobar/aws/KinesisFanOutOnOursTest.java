package dev.isobar.aws;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;

/** The same promises with readers that subscribe instead of polling. */
@Tag("slow")
class KinesisFanOutOnOursTest extends KinesisEventStreamOnOursTest {
    @Override
    protected Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>(super.settings());
        settings.put("kinesis.consumer", "enhanced-fan-out");
        return settings;
    }
}

package timesheet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShiftTest {
  @Test
  void measuresAShift() {
    Shift shift = Shift.parseAll(List.of("mon 09:00 17:30")).get(0);
    assertEquals(Duration.ofMinutes(510), shift.length());
  }
}

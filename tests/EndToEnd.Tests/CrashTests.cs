using OrthancCloudFs.Campaigns.Crash;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>A few rounds of the crash campaign, on a gateway of its own: <c>make crash-test</c> makes hundreds.</summary>
[Trait("Process", "Own")] // only because both processes then take about as long
public sealed class CrashTests(ITestOutputHelper output)
{
    [Theory(Timeout = 600_000)]
    [InlineData("Through")]
    [InlineData("Journal")]
    public async Task What_was_acknowledged_outlives_kills_under_load(string writeMode)
    {
        var plan = new CrashPlan { Rounds = 2, WriteMode = writeMode, Seed = Random.Shared.Next(), LongestCalm = 60 };
        var text = new StringWriter();
        try
        {
            CrashReport report = await CrashCampaign.RunAsync(plan, text, TestContext.Current.CancellationToken);
            Assert.True(report.Findings.Count == 0, text.ToString());
            Assert.InRange(report.Kills, plan.Rounds, plan.Rounds * 3);
            Assert.True(report.Stored > 0 && report.Verified > 0, text.ToString());
        }
        finally
        {
            output.WriteLine(text.ToString());
        }
    }
}

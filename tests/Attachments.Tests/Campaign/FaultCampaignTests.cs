using System.Diagnostics;
using System.Globalization;
using OrthancCloudFs.TestKit.Chaos;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Campaign;

/// <summary>
/// A short campaign in the suite, for each write mode. <c>make fault-test</c> sets the environment variables for the full one: so many
/// operations, for each of the seeds, with stalls of 5 seconds, unless other ones are asked for.
/// </summary>
public sealed class FaultCampaignTests(ITestOutputHelper output)
{
    private const string OperationsVariable = "ORTHANC_CLOUDFS_FAULT_OPERATIONS";
    private const string SeedsVariable = "ORTHANC_CLOUDFS_FAULT_SEEDS";
    private const string StallVariable = "ORTHANC_CLOUDFS_FAULT_STALL_MILLISECONDS";

    private static readonly int? FullOperations =
        Environment.GetEnvironmentVariable(OperationsVariable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static readonly TimeSpan FullStall = TimeSpan.FromMilliseconds(
        int.Parse(Environment.GetEnvironmentVariable(StallVariable) ?? "5000", CultureInfo.InvariantCulture));

    public static MatrixTheoryData<string, int> Campaigns => new(
        ["Through", "Journal"],
        (Environment.GetEnvironmentVariable(SeedsVariable) ?? "1").Split(',').Select(seed => int.Parse(seed, CultureInfo.InvariantCulture)));

    [Theory]
    [MemberData(nameof(Campaigns))]
    public async Task Under_every_fault_the_store_never_lies(string writeMode, int seed)
    {
        var setup = new FaultCampaignSetup
        {
            Operations = FullOperations ?? 1000,
            Seed = seed,
            Journal = writeMode == "Journal",
            Stall = FullOperations is null ? TimeSpan.FromMilliseconds(50) : FullStall,
            Restarts = FullOperations is null ? 3 : 10,
        };
        var campaign = new FaultCampaign(setup);
        long start = Stopwatch.GetTimestamp();

        ChaosBucket chaos = await campaign.RunAsync();

        output.WriteLine(
            $"{writeMode}, seed {seed}: {campaign.Report.Operations} operations by {FaultCampaignSetup.Clients} clients in "
            + $"{Stopwatch.GetElapsedTime(start).TotalSeconds:0} s, {chaos.Requests} requests");
        output.WriteLine("requests   " + string.Join(", ", chaos.Faults.OrderBy(fault => fault.Key).Select(fault => $"{fault.Key} {fault.Value}")));
        foreach (string line in campaign.Report.Lines())
            output.WriteLine(line);
        foreach (string lie in campaign.Report.Lies)
            output.WriteLine(lie);
        Assert.Empty(campaign.Report.Lies);

        // The campaign has seen what it is for.
        Assert.Equal(setup.Restarts, campaign.Report.Count("restart", ChaosReport.Done));
        Assert.All(Enum.GetValues<ChaosFault>(), fault => Assert.True(chaos.Faults.GetValueOrDefault(fault) > 0, $"no {fault}"));
        Assert.All(["create", "read", "ranges", "stat", "delete", "list"], kind => Assert.True(campaign.Report.Count(kind, ChaosReport.Done) > 0, $"no {kind}"));
        Assert.True(campaign.Report.Count("overwrite", nameof(AttachmentError.Exists)) > 0, "no overwrite was refused");
        if (!setup.Journal)
            return;
        Assert.All(["in the journal", "opened in the journal", "deleted from the journal"], place => Assert.True(campaign.Report.CountSeen(place) > 0, $"nothing {place}"));

        // Of these a short one has few, by chance hardly ever none.
        if (FullOperations is not null)
            Assert.All(["large in the journal", "past a full journal"], place => Assert.True(campaign.Report.CountSeen(place) > 0, $"nothing {place}"));
    }
}

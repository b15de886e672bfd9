using OrthancCloudFs.Envelope.Keys;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests.Keys;

/// <summary>The decision alone, which needs no Windows.</summary>
public sealed class KeyFileAccessTests
{
    private const string Owner = "S-1-5-21-1-2-3-1001", Service = "S-1-5-80-1-2-3-4-5", Users = "S-1-5-32-545", Everyone = "S-1-1-0";
    private const uint FullControl = 0x1F_01FF, ReadAndExecute = 0x12_00A9, Attributes = 0x10_0080;

    [Fact]
    public void Owner_account_and_administration_are_no_strangers()
    {
        AccessEntry[] entries =
        [
            Allow("S-1-5-18", FullControl), Allow("S-1-5-32-544", FullControl), Allow("S-1-3-4", FullControl), Allow(Owner, FullControl),
            Allow(Service, ReadAndExecute),
        ];
        Assert.Empty(KeyFileAccess.FindStrangers(entries, Owner, Service));
        Assert.Equal([Service], KeyFileAccess.FindStrangers(entries, Owner));
    }

    [Theory]
    [InlineData(0x1u)] // read data
    [InlineData(0x2u)] // write data
    [InlineData(0x4u)] // append data
    [InlineData(0x4_0000u)] // change permissions
    [InlineData(0x8_0000u)] // take ownership
    [InlineData(0x1000_0000u)] // generic all
    [InlineData(0x4000_0000u)] // generic write
    [InlineData(0x8000_0000u)] // generic read
    [InlineData(ReadAndExecute)]
    public void Whoever_may_read_or_write_is_found_once(uint rights)
    {
        Assert.Equal(
            [Users, Everyone],
            KeyFileAccess.FindStrangers([Allow(Users, rights), Allow(Owner, FullControl), Allow(Everyone, rights), Allow(Users, rights)], Owner));
    }

    [Fact]
    public void Who_may_only_look_at_attributes_is_no_stranger()
    {
        Assert.Empty(KeyFileAccess.FindStrangers([Allow(Everyone, Attributes)], Owner));
    }

    [Fact]
    public void What_is_denied_is_not_given_and_does_not_make_up_for_what_is_given()
    {
        var denied = new AccessEntry(Users, FullControl, IsAllowed: false);
        Assert.Empty(KeyFileAccess.FindStrangers([denied], Owner));
        Assert.Equal([Users], KeyFileAccess.FindStrangers([denied, Allow(Users, ReadAndExecute)], Owner));
    }

    private static AccessEntry Allow(string sid, uint rights) => new(sid, rights, IsAllowed: true);
}

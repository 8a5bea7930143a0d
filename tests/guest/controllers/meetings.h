static void test_meetings(void)
{
}

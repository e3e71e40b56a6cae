"""Weekly group activities (集中志愿活动), which open shifts ahead of time."""
